import type { StoredBody } from './store/model.ts'

const PREVIEW_CHARACTERS = 255

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ', '#39': "'" }

/** HTML as plain text, as far as a preview or a text reader needs it. */
export function htmlToText(html: string): string {
  return html
    .replaceAll(/<(style|script|head)\b[\s\S]*?<\/\1>/gi, '')
    .replaceAll(/<br\s*\/?>|<\/(?:p|div|tr|h\d)>/gi, '\n')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/&(#?\w+);/g, (whole, name: string) => ENTITIES[name.toLowerCase()] ?? whole)
    .trim()
}

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

export function textToHtml(text: string): string {
  return `<html><body><div class="PlainText">${escapeHtml(text).replaceAll(/\r?\n/g, '<br>\r\n')}</div></body></html>`
}

/** The body in the asked type: what is not HTML already is wrapped, what is not text already is stripped. */
export function convertBody(body: StoredBody, type: StoredBody['contentType']): StoredBody {
  if (body.contentType === type) return body
  return { contentType: type, content: type === 'text' ? htmlToText(body.content) : textToHtml(body.content) }
}

export function preview(body: StoredBody): string {
  return convertBody(body, 'text').content.slice(0, PREVIEW_CHARACTERS)
}
