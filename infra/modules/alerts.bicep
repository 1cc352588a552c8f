type queryRule = {
  name: string
  title: string
  severity: 0 | 1 | 2
  window: string
  @description('Optional. How far back the query looks, where that is more than the window.')
  range: string?
  query: string
}

@description('Required. Base of the names.')
param name string

@description('Required. Region.')
param location string

@description('Required. Mail address of the people on call.')
param email string

@description('Required. Name of the Log Analytics workspace.')
param workspaceName string

@description('Required. Name of the key vault.')
param vaultName string

// Each query answers rows only when something is wrong, so that every rule is "more than none".
// Sampled telemetry is counted by ItemCount, the number of entries that the kept one stands for.
var refreshes = 'AppTraces | where Message startswith \'{"event":"refresh"\' | extend entry = parse_json(Message) | extend result = tostring(entry.result)'

var rules queryRule[] = [
  {
    name: 'reconnect-required'
    title: 'Mailboxes newly need their owner to sign in again: more than 5, and more than 1 % of those seen in two days.'
    severity: 2
    window: 'PT1H'
    range: 'P2D'
    query: '${refreshes} | extend account = tostring(entry.account) | summarize lost = dcountif(account, result == "reconnect_required" and TimeGenerated > ago(1h)), known = dcount(account) | where lost > max_of(5.0, known * 0.01)'
  }
  {
    name: 'refresh-failures'
    title: 'More than 5 % of the token refreshes of the last hour failed for a reason that is not the mailbox\'s own.'
    severity: 1
    window: 'PT1H'
    query: '${refreshes} | summarize failed = sumif(ItemCount, result in ("defect", "provider_unhealthy", "store_unavailable", "throttled", "upstream_failed", "upstream_unavailable")), total = sum(ItemCount) | where failed > max_of(5.0, total * 0.05)'
  }
  {
    name: 'throttled'
    title: 'Microsoft or the gateway answered 429 to more than 5 % of the calls of a quarter of an hour.'
    severity: 2
    window: 'PT15M'
    query: 'let calls = toscalar(AppMetrics | where Name endswith " Count" | summarize sum(Sum)); AppTraces | where Message startswith \'{"event":"refused"\' | summarize throttled = sumif(ItemCount, tostring(parse_json(Message).code) == "throttled") | where throttled > max_of(20.0, coalesce(calls, 0.0) * 0.05)'
  }
  {
    name: 'poison-messages'
    title: 'The host gave up on a queue message. The account stays due and is queued again; the message shows a defect.'
    severity: 1
    window: 'PT15M'
    query: 'AppTraces | where Message startswith "Message has reached MaxDequeueCount"'
  }
  {
    name: 'refresh-overdue'
    title: 'No sweep for due tokens has ended well for 30 minutes; tokens run out next.'
    severity: 0
    window: 'PT30M'
    // Metrics of the host are never sampled, so that none means none.
    query: 'AppMetrics | where Name == "refreshTimer Successes" | summarize sweeps = sum(Sum) | where coalesce(sweeps, 0.0) < 1'
  }
]

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {
  name: workspaceName
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource onCall 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: '${name}-on-call'
  location: 'global'
  properties: {
    enabled: true
    groupShortName: 'mailgateway'
    emailReceivers: [
      {
        name: 'on-call'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

resource rule 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: '${name}-${rule.name}'
    location: location
    properties: {
      displayName: rule.name
      description: rule.title
      severity: rule.severity
      enabled: true
      scopes: [workspace.id]
      evaluationFrequency: 'PT15M'
      windowSize: rule.window
      overrideQueryTimeRange: rule.?range
      autoMitigate: true
      // A new workspace has no tables to check the query against.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [onCall.id] }
    }
  }
]

resource vaultEvents 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: '${name}-vault'
  location: location
  properties: {
    source: vault.id
    topicType: 'Microsoft.KeyVault.vaults'
  }
}

// Key Vault sends "near expiry" 30 days ahead, for what has an expiry date.
resource expiring 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: vaultEvents
  name: 'credential-expiry'
  properties: {
    eventDeliverySchema: 'CloudEventSchemaV1_0'
    filter: {
      includedEventTypes: [
        'Microsoft.KeyVault.CertificateExpired'
        'Microsoft.KeyVault.CertificateNearExpiry'
        'Microsoft.KeyVault.SecretExpired'
        'Microsoft.KeyVault.SecretNearExpiry'
      ]
    }
    destination: {
      endpointType: 'MonitorAlert'
      properties: {
        severity: 'Sev1'
        description: 'A credential of the gateway expires within 30 days.'
        actionGroups: [onCall.id]
      }
    }
  }
}
