// Asks the running shop what a storefront asks; fails when a customer could not buy.
const { writeFileSync } = require("node:fs")
const { Client } = require("pg")

const env = process.env
const shop = env.STORE_INTERNAL_URL

async function database(work) {
  const client = new Client({ connectionString: env.DATABASE_URL })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

async function publishableKey(client) {
  const { rows } = await client.query(
    "select token from api_key where type = 'publishable' and title = 'Storefront' and revoked_at is null and deleted_at is null",
  )
  if (rows.length === 0) throw new Error("there is no publishable key called Storefront")
  return rows[0].token
}

async function ask(path, headers, body) {
  const response = await fetch(shop + path, {
    method: body ? "POST" : "GET",
    headers: { ...headers, "content-type": "application/json" },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(20000),
  })
  if (response.status !== 200) throw new Error(`${path} answers ${response.status}`)
  return response.json()
}

async function sample(headers, region) {
  const { products } = await ask(`/store/products?handle=sample-product&region_id=${region.id}`, headers)
  if (products.length === 0) throw new Error("the shop has no sample product")
  return { variant_id: products[0].variants[0].id, quantity: 1 }
}

// A new shop must deliver and be paid, in its first country. Later that is the
// merchant's business: who sells only downloads has no delivery.
async function checkout(client, headers) {
  await client.query("create table if not exists store_platform_verified (what text primary key)")
  const { rowCount } = await client.query("select 1 from store_platform_verified where what = 'checkout'")
  if (rowCount > 0) return
  const country = env.STORE_COUNTRIES.split(",")[0]
  const { regions } = await ask("/store/regions?limit=1000", headers)
  const region = regions.find(({ countries }) => countries.some(({ iso_2 }) => iso_2 === country))
  if (!region) throw new Error(`no region has the country ${country}`)
  const { payment_providers } = await ask(`/store/payment-providers?region_id=${region.id}`, headers)
  if (payment_providers.length === 0) throw new Error(`the region ${region.name} has no payment provider`)
  const items = env.STORE_SAMPLE_CATALOGUE === "true" ? [await sample(headers, region)] : []
  const { cart } = await ask("/store/carts", headers, { region_id: region.id, shipping_address: { country_code: country }, items })
  const { shipping_options } = await ask(`/store/shipping-options?cart_id=${cart.id}`, headers)
  if (shipping_options.length === 0) throw new Error(`nothing can be delivered to ${country}`)
  await client.query("insert into store_platform_verified values ('checkout') on conflict do nothing")
}

async function verify(client) {
  const health = await fetch(`${shop}/health`, { signal: AbortSignal.timeout(20000) })
  if (health.status !== 200) throw new Error(`/health answers ${health.status}`)
  const headers = { "x-publishable-api-key": await publishableKey(client) }
  const { regions } = await ask("/store/regions", headers)
  if (regions.length === 0) throw new Error("the shop has no region")
  await checkout(client, headers)
}

async function main() {
  let reason = ""
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      await database(verify)
      return
    } catch (error) {
      reason = error.message
      console.log(`waiting for the shop: ${reason}`)
      await new Promise((resume) => setTimeout(resume, 3000))
    }
  }
  const failure = `the running shop does not sell: ${reason}`
  console.error(`bootstrap failed: ${failure}`)
  writeFileSync("/dev/termination-log", failure)
  process.exit(1)
}

main()
