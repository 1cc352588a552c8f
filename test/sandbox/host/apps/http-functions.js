import { app } from '@azure/functions'

/** What a handler sees of its request. */
async function describe(request) {
  const { method, url, params } = request
  const body = method === 'POST' ? await request.text() : undefined
  return { jsonBody: { method, url, params, query: [...request.query], headers: Object.fromEntries(request.headers), body } }
}

let pulled = 0

async function* megabytes(count) {
  for (let index = 0; index < count; index += 1) {
    pulled += 1
    yield Buffer.alloc(1_048_576, index % 256)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function countBytes(request) {
  let bytes = 0
  for await (const chunk of request.body ?? []) bytes += chunk.length
  return { jsonBody: { bytes } }
}

/** The functions of the two HTTP apps: the same, once with HTTP streaming and once without. */
export function registerHttpFunctions() {
  const anonymous = { authLevel: 'anonymous' }
  app.http('echo', { ...anonymous, route: 'echo/{name}/{part?}', handler: describe })
  app.http('special', { ...anonymous, route: 'Echo/special', handler: () => ({ body: 'literal' }) })
  app.http('files', { ...anonymous, route: 'files/{*path}', methods: ['GET', 'PUT', 'HEAD'], handler: describe })
  app.http('upload', { ...anonymous, methods: ['POST'], handler: countBytes })
  app.http('nothing', { ...anonymous, handler: () => undefined })
  app.http('throws', {
    ...anonymous,
    handler: () => {
      throw new Error('the handler broke')
    },
  })
  app.http('cookies', {
    ...anonymous,
    handler: () => ({
      status: 302,
      headers: { location: 'https://app.contoso.test/' },
      cookies: [
        { name: 'first', value: 'a b', httpOnly: true, secure: true, sameSite: 'Lax' },
        { name: 'second', value: '2', path: '/api', maxAge: 60 },
      ],
    }),
  })
  app.http('stream', {
    ...anonymous,
    route: 'stream/{count}',
    handler: (request) => ({ body: ReadableStream.from(megabytes(Number(request.params.count))) }),
  })
  app.http('pulled', { ...anonymous, handler: () => ({ jsonBody: { pulled } }) })
  app.http('byFunctionKey', { authLevel: 'function', handler: () => ({ body: 'open' }) })
  app.http('byMasterKey', { authLevel: 'admin', handler: () => ({ body: 'open' }) })
}
