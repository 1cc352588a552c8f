import type { DequeuedMessageItem, QueueClient, QueueServiceClient } from '@azure/storage-queue'

import type { RegisteredFunction } from './core-module.ts'
import type { QueuesConfig } from './host-config.ts'
import type { Invoker } from './invocation.ts'
import type { Log } from './log.ts'
import { decodeMessage, triggerMetadata } from './queue-message.ts'

export interface QueueOptions {
  target: RegisteredFunction
  bindingName: string
  queueName: string
  queues: QueueServiceClient
  config: QueuesConfig
  invoker: Invoker
  log: Log
}

/** How long a taken message is out of sight; a killed host's messages come back after it. */
const TAKEN_SECONDS = 600
const FIRST_POLL_MS = 100

/** Feeds one queue function: batches, retries by visibility, and a poison queue after the last attempt. */
export class QueueListener {
  readonly #options: QueueOptions
  readonly #queue: QueueClient
  readonly #poison: QueueClient
  #running = 0
  #pollMs = FIRST_POLL_MS
  #stopped = false
  #wake: () => void = () => {}
  #polls = 0
  #emptyPoll = 0
  readonly #loop: Promise<void>

  constructor(options: QueueOptions) {
    this.#options = options
    this.#queue = options.queues.getQueueClient(options.queueName)
    this.#poison = options.queues.getQueueClient(`${options.queueName}-poison`)
    this.#loop = this.#listen()
  }

  /** Polls at once and resolves when the queue showed no message while none was running; rejects when it takes too long. */
  async settle(timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs
    const from = this.#polls
    while (this.#emptyPoll <= from || this.#running > 0) {
      if (performance.now() > deadline) throw new Error(`The queue ${this.#options.queueName} does not become empty.`)
      this.#pollMs = FIRST_POLL_MS
      this.#wake()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#wake()
    await this.#loop
  }

  async #listen(): Promise<void> {
    const { config, log, queueName } = this.#options
    while (!this.#stopped) {
      try {
        const taken = this.#running <= config.newBatchThreshold ? await this.#take() : []
        for (const message of taken) void this.#process(message)
        this.#pollMs = taken.length > 0 ? FIRST_POLL_MS : Math.min(this.#pollMs * 2, config.maxPollingIntervalMs)
        if (taken.length > 0) continue
      } catch (error) {
        log('error', 'Host.Queues', `The queue ${queueName} cannot be read: ${(error as Error).message}`)
        this.#pollMs = Math.min(this.#pollMs * 2, config.maxPollingIntervalMs)
      }
      await this.#pause()
    }
  }

  async #take(): Promise<DequeuedMessageItem[]> {
    const options = { numberOfMessages: this.#options.config.batchSize, visibilityTimeout: TAKEN_SECONDS }
    this.#polls += 1
    const poll = this.#polls
    const { receivedMessageItems } = await this.#queue.receiveMessages(options).catch(async (error) => {
      if (error.statusCode !== 404) throw error
      await this.#queue.createIfNotExists()
      return { receivedMessageItems: [] }
    })
    if (receivedMessageItems.length === 0) this.#emptyPoll = poll
    return receivedMessageItems
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#pollMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async #process(message: DequeuedMessageItem): Promise<void> {
    const { log, queueName } = this.#options
    this.#running += 1
    try {
      await this.#handle(message)
    } catch (error) {
      log('error', 'Host.Queues', `A message of ${queueName} could not be settled: ${(error as Error).message}`)
    } finally {
      this.#running -= 1
      this.#wake()
    }
  }

  async #handle(message: DequeuedMessageItem): Promise<void> {
    const { target, bindingName, config, invoker, log } = this.#options
    const { messageId, popReceipt, dequeueCount } = message
    const text = decodeMessage(message.messageText, config.messageEncoding)
    if (text === undefined) return this.#bury(message)
    try {
      const inputData = [{ name: bindingName, data: { string: text } }]
      await invoker.invoke(target, { inputData, triggerMetadata: triggerMetadata(message, text) })
    } catch (error) {
      log('error', `Function.${target.metadata.name}`, error instanceof Error ? error.message : String(error))
      if (dequeueCount >= config.maxDequeueCount) return this.#bury(message)
      await this.#queue.updateMessage(messageId, popReceipt, message.messageText, Math.ceil(config.visibilityTimeoutMs / 1000))
      return
    }
    await this.#queue.deleteMessage(messageId, popReceipt)
  }

  async #bury({ messageId, popReceipt, messageText }: DequeuedMessageItem): Promise<void> {
    await this.#poison.createIfNotExists()
    await this.#poison.sendMessage(messageText)
    await this.#queue.deleteMessage(messageId, popReceipt)
  }
}
