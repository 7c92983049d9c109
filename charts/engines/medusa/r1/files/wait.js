// Keeps the application back until the bootstrap of this release has migrated
// the database: Medusa does not look at its schema's version by itself.
const { Client } = require("pg")

const release = process.env.STORE_RELEASE

async function migrated() {
  const client = new Client({ connectionString: process.env.DATABASE_URL, connectionTimeoutMillis: 5000 })
  try {
    await client.connect()
    const table = await client.query("select to_regclass('store_platform_release') as name")
    if (!table.rows[0].name) return "the bootstrap has not finished"
    const found = await client.query("select 1 from store_platform_release where release = $1", [release])
    return found.rowCount > 0 ? "" : "the bootstrap of this release has not finished"
  } catch (error) {
    return `database: ${error.message}`
  } finally {
    await client.end().catch(() => {})
  }
}

async function main() {
  for (;;) {
    const waiting = await migrated()
    if (!waiting) return
    console.log(`waiting for ${release}: ${waiting}`)
    await new Promise((resume) => setTimeout(resume, 3000))
  }
}

main()
