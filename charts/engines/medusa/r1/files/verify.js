// Asks the running shop what a storefront asks first; fails when it cannot sell.
const { Client } = require("pg")

const shop = process.env.STORE_INTERNAL_URL

async function publishableKey() {
  const client = new Client({ connectionString: process.env.DATABASE_URL })
  await client.connect()
  try {
    const { rows } = await client.query(
      "select token from api_key where type = 'publishable' and title = 'Storefront' and revoked_at is null and deleted_at is null",
    )
    if (rows.length === 0) throw new Error("there is no publishable key called Storefront")
    return rows[0].token
  } finally {
    await client.end()
  }
}

async function ask(path, headers) {
  const response = await fetch(shop + path, { headers, signal: AbortSignal.timeout(20000) })
  if (response.status !== 200) throw new Error(`${path} answers ${response.status}`)
  return response
}

async function verify() {
  await ask("/health")
  const headers = { "x-publishable-api-key": await publishableKey() }
  const { regions } = await (await ask("/store/regions", headers)).json()
  if (regions.length === 0) throw new Error("the shop has no region")
  const { products } = await (await ask("/store/products", headers)).json()
  if (process.env.STORE_SAMPLE_CATALOGUE === "true" && products.length === 0) throw new Error("the shop has no product")
}

async function main() {
  let reason = ""
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      await verify()
      return
    } catch (error) {
      reason = error.message
      console.log(`waiting for the shop: ${reason}`)
      await new Promise((resume) => setTimeout(resume, 3000))
    }
  }
  console.error(`bootstrap failed: ${reason}`)
  process.exit(1)
}

main()
