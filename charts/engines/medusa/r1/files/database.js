// Ends when the database takes our login; fails, saying why, when it does not in time.
const { writeFileSync } = require("node:fs")
const { Client } = require("pg")

async function main() {
  let reason = ""
  for (let attempt = 0; attempt < 60; attempt++) {
    const client = new Client({ connectionString: process.env.DATABASE_URL, connectionTimeoutMillis: 5000 })
    try {
      await client.connect()
      await client.query("select 1")
      await client.end()
      return
    } catch (error) {
      reason = error.message
      console.log(`waiting for the database: ${reason}`)
      await client.end().catch(() => {})
      await new Promise((resume) => setTimeout(resume, 3000))
    }
  }
  const failure = `the database did not answer: ${reason}`
  console.error(`bootstrap failed: ${failure}`)
  writeFileSync("/dev/termination-log", failure)
  process.exit(1)
}

main()
