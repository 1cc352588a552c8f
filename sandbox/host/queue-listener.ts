import type { DequeuedMessageItem, QueueClient, QueueServiceClient } from '@azure/storage-queue'

import type { Activity } from './activity.ts'
import type { QueuesConfig } from './host-config.ts'
import { errorMessage, type Trigger } from './invocation.ts'
import type { Log } from './log.ts'
import { decodeMessage, queueTrigger } from './queue-message.ts'
import { QueuePoller } from './queue-poller.ts'

/** How long a taken message is hidden; prolonged at half of it. A message of a killed host comes back after this. */
const TAKEN_SECONDS = 600
const PROLONG_MS = (TAKEN_SECONDS * 1000) / 2

export interface QueueListenerOptions {
  name: string
  queueName: string
  service: QueueServiceClient
  config: QueuesConfig
  activity: Activity
  invoke(trigger: Trigger): Promise<unknown>
  log: Log
}

/**
 * Takes messages from one queue as the real host does: up to `batchSize` at a time, the next batch when `newBatchThreshold` or fewer are
 * being worked on; what failed `maxDequeueCount` times, or cannot be decoded, moves to `{queue}-poison`.
 */
export class QueueListener {
  readonly #options: QueueListenerOptions
  readonly #queue: QueueClient
  readonly #poison: QueueClient
  readonly #poller: QueuePoller
  #working = 0
  #roomForMore: () => void = () => {}

  constructor(options: QueueListenerOptions) {
    this.#options = options
    this.#queue = options.service.getQueueClient(options.queueName)
    this.#poison = options.service.getQueueClient(`${options.queueName}-poison`)
    this.#poller = new QueuePoller(
      () => this.#poll(),
      options.config.maxPollingIntervalMs,
      (error) => this.#log('warning', error),
    )
  }

  /** Creates the queue if it is absent and begins to poll. */
  async start(): Promise<void> {
    await this.#queue.createIfNotExists().catch((error) => this.#log('error', error))
    this.#poller.start()
  }

  /** Polls as soon as there is room for a batch; answers how many messages were found. */
  pollNow(): Promise<number> {
    return this.#poller.pollNow()
  }

  /** Ends the wait between two polls. */
  wake(): void {
    this.#poller.wake()
  }

  /** Takes no more messages; those that are being worked on are not waited for. */
  stop(): Promise<void> {
    this.#roomForMore()
    return this.#poller.stop()
  }

  async #poll(): Promise<number> {
    const { config, activity } = this.#options
    if (this.#working > config.newBatchThreshold) {
      await new Promise<void>((resolve) => {
        this.#roomForMore = resolve
      })
    }
    const messages = await this.#receive(config.batchSize)
    for (const message of messages) {
      this.#working += 1
      void activity.track(() => this.#handle(message)).finally(() => this.#done())
    }
    return messages.length
  }

  #done(): void {
    this.#working -= 1
    if (this.#working <= this.#options.config.newBatchThreshold) this.#roomForMore()
  }

  async #receive(numberOfMessages: number): Promise<DequeuedMessageItem[]> {
    try {
      const options = { numberOfMessages, visibilityTimeout: TAKEN_SECONDS }
      return (await this.#queue.receiveMessages(options)).receivedMessageItems
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode !== 404) throw error
      await this.#queue.createIfNotExists()
      return []
    }
  }

  async #handle(message: DequeuedMessageItem): Promise<void> {
    const { config, invoke, log, name } = this.#options
    const prolongation = this.#prolong(message)
    try {
      const text = decodeMessage(message.messageText, config.messageEncoding)
      if (text === undefined) {
        log('error', `Function.${name}`, 'The message is not valid base64; see messageEncoding in host.json.')
        await this.#moveToPoison(message)
      } else if (message.dequeueCount > config.maxDequeueCount) await this.#moveToPoison(message)
      else {
        const failure = await invoke(queueTrigger(text, message)).then(
          () => undefined,
          (error) => ({ error }),
        )
        if (failure) log('error', `Function.${name}`, errorMessage(failure.error))
        await this.#settle(message, failure === undefined)
      }
    } catch (error) {
      this.#log('error', error)
    } finally {
      clearInterval(prolongation)
    }
  }

  async #settle(message: DequeuedMessageItem, succeeded: boolean): Promise<void> {
    const { messageId, popReceipt, dequeueCount } = message
    const { maxDequeueCount, visibilityTimeoutMs } = this.#options.config
    if (succeeded) await this.#queue.deleteMessage(messageId, popReceipt)
    else if (dequeueCount >= maxDequeueCount) await this.#moveToPoison(message)
    else await this.#queue.updateMessage(messageId, popReceipt, message.messageText, Math.round(visibilityTimeoutMs / 1000))
  }

  async #moveToPoison({ messageId, popReceipt, messageText, dequeueCount }: DequeuedMessageItem): Promise<void> {
    const { log, name, queueName } = this.#options
    await this.#poison.createIfNotExists()
    await this.#poison.sendMessage(messageText)
    await this.#queue.deleteMessage(messageId, popReceipt)
    log('warning', `Function.${name}`, `Message moved to '${queueName}-poison' after ${dequeueCount} attempts.`)
  }

  #prolong(message: DequeuedMessageItem): NodeJS.Timeout {
    const update = async () => {
      const { messageId, popReceipt, messageText } = message
      const updated = await this.#queue.updateMessage(messageId, popReceipt, messageText, TAKEN_SECONDS)
      message.popReceipt = updated.popReceipt ?? popReceipt
    }
    return setInterval(() => void update().catch((error) => this.#log('warning', error)), PROLONG_MS).unref()
  }

  #log(level: 'warning' | 'error', error: unknown): void {
    this.#options.log(level, 'Host.Triggers.Queue', `${this.#options.queueName}: ${errorMessage(error)}`)
  }
}
