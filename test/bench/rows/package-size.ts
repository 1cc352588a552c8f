import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'

import { OUR_APP } from '../apps.ts'
import type { Row } from '../row.ts'

const MB = 1_048_576

/** What a zip of the deployed folder holds: each file deflated, without the directory of the archive. */
export const packageSize: Row = {
  name: 'package',
  rounds: 1,
  measure: async () => {
    const files = globSync('**/*', { cwd: OUR_APP, withFileTypes: true }).filter((entry) => entry.isFile())
    const bytes = files.map(({ parentPath, name }) => deflateRawSync(readFileSync(join(parentPath, name))).length)
    const subject = { name: 'dist/app', values: [bytes.reduce((sum, size) => sum + size, 0) / MB] }
    return [{ row: 'package', what: 'deflated', unit: 'MB', subject, bound: { of: 'value', direction: 'most', limit: 3 } }]
  },
}
