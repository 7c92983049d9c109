// Run by `medusa exec`, after the migrations. Gives the shop what it cannot sell
// without: a user, a sales channel, a publishable key, a region with a payment
// provider, and delivery. What exists is left as the merchant made it.
const { createHash } = require("node:crypto")
const { Client } = require("pg")
const { ContainerRegistrationKeys, Modules } = require("@medusajs/framework/utils")
const flows = require("@medusajs/medusa/core-flows")
const { delivery } = require("./delivery.js")
const { sampleProduct } = require("./sample.js")

const env = process.env
const owner = "store-platform"
const countries = env.STORE_COUNTRIES.split(",")
const currency = env.STORE_CURRENCY

exports.default = async function setup({ container }) {
  const logger = container.resolve(ContainerRegistrationKeys.LOGGER)
  const run = async (workflow, input) => (await workflow(container).run({ input })).result

  await adminUser(container, run)
  if (env.STORE_ADMIN_ROTATION) {
    await once(container, run, "admin_rotation", [env.STORE_ADMIN_ROTATION], () => adminPassword(container))
  }
  const channel = await salesChannel(container, run)
  await publishableKey(container, run, channel)
  await once(container, run, "settings", [env.STORE_TITLE, env.STORE_REGION, currency, ...countries], () =>
    settings(container, run, channel),
  )
  const price = Number(env.STORE_SHIPPING_PRICE)
  await once(container, run, "delivery", [price, currency, ...countries], () =>
    delivery({ container, run }, { channel, countries, currency, price }),
  )
  if (env.STORE_SAMPLE_CATALOGUE === "true") {
    await once(container, run, "sample", [currency], (first) =>
      sampleProduct({ container, run }, { channel, currency, first }),
    )
  }
  await release()
  logger.info("the shop is set up")
}

// A user and its login are two records, and a failure between them leaves one
// of the two: each is made if it is missing, then they are linked.
async function adminUser(container, run) {
  const email = env.STORE_ADMIN_EMAIL
  const users = container.resolve(Modules.USER)
  const auth = container.resolve(Modules.AUTH)
  let [user] = await users.listUsers({ email })
  if (!user) [user] = await run(flows.createUsersWorkflow, { users: [{ email }] })

  const [login] = await auth.listProviderIdentities({ entity_id: email, provider: "emailpass" })
  let identity = login && (await auth.retrieveAuthIdentity(login.auth_identity_id))
  if (!identity) {
    const registered = await auth.register("emailpass", { body: { email, password: env.STORE_ADMIN_PASSWORD } })
    if (!registered.success) throw new Error(`register the admin: ${registered.error}`)
    identity = registered.authIdentity
  }
  if (identity.app_metadata?.user_id !== user.id) {
    await auth.updateAuthIdentities({ id: identity.id, app_metadata: { ...identity.app_metadata, user_id: user.id } })
  }
}

// Otherwise the password is the merchant's to change.
async function adminPassword(container) {
  const set = await container.resolve(Modules.AUTH).updateProvider("emailpass", {
    entity_id: env.STORE_ADMIN_EMAIL,
    password: env.STORE_ADMIN_PASSWORD,
  })
  if (!set.success) throw new Error(`set the admin's password: ${set.error}`)
}

async function salesChannel(container, run) {
  const [store] = await container.resolve(Modules.STORE).listStores({})
  const channels = container.resolve(Modules.SALES_CHANNEL)
  if (store.default_sales_channel_id) {
    const [existing] = await channels.listSalesChannels({ id: store.default_sales_channel_id })
    if (existing) return existing
  }
  const [ours] = await channels.listSalesChannels({ name: "Storefront" })
  if (ours) return ours
  const [created] = await run(flows.createSalesChannelsWorkflow, { salesChannelsData: [{ name: "Storefront" }] })
  return created
}

async function publishableKey(container, run, channel) {
  const keys = container.resolve(Modules.API_KEY)
  let [key] = await keys.listApiKeys({ type: "publishable", title: "Storefront" })
  if (!key) {
    ;[key] = await run(flows.createApiKeysWorkflow, {
      api_keys: [{ title: "Storefront", type: "publishable", created_by: owner }],
    })
  }
  const query = container.resolve(ContainerRegistrationKeys.QUERY)
  const { data } = await query.graph({
    entity: "api_key", fields: ["id", "sales_channels.id"], filters: { id: key.id },
  })
  const linked = (data[0]?.sales_channels ?? []).some((other) => other?.id === channel.id)
  if (!linked) await run(flows.linkSalesChannelsToApiKeyWorkflow, { id: key.id, add: [channel.id] })
}

// Parameters are applied when they changed, not at every release: an upgrade
// keeps what the merchant set since. What was applied is remembered when it all
// is, so that a failure on the way has it applied again.
async function once(container, run, what, wanted, apply) {
  const stores = container.resolve(Modules.STORE)
  const key = `store_platform_${what}`
  const digest = createHash("sha256").update(JSON.stringify(wanted)).digest("hex")
  const [before] = await stores.listStores({})
  if (before.metadata?.[key] === digest) return
  await apply(!before.metadata?.[key])
  const [store] = await stores.listStores({})
  await run(flows.updateStoresWorkflow, {
    selector: { id: store.id },
    update: { metadata: { ...store.metadata, [key]: digest } },
  })
}

async function settings(container, run, channel) {
  const [store] = await container.resolve(Modules.STORE).listStores({}, { relations: ["supported_currencies"] })
  const supported = store.supported_currencies.map(({ currency_code }) => currency_code)
  if (!supported.includes(currency)) supported.push(currency)
  await run(flows.updateStoresWorkflow, {
    selector: { id: store.id },
    update: {
      name: env.STORE_TITLE,
      default_sales_channel_id: channel.id,
      supported_currencies: supported.map((code) => ({ currency_code: code, is_default: code === currency })),
    },
  })
  const region = { name: env.STORE_REGION, currency_code: currency, countries, payment_providers: ["pp_system_default"] }
  const regions = await container.resolve(Modules.REGION).listRegions({}, { take: 1000 })
  const ours = regions.find(({ metadata }) => metadata?.managed_by === owner)
  if (ours) {
    await run(flows.updateRegionsWorkflow, { selector: { id: ours.id }, update: region })
  } else {
    await run(flows.createRegionsWorkflow, { regions: [{ ...region, metadata: { managed_by: owner } }] })
  }
}

// From here on the application starts; see wait.js.
async function release() {
  const client = new Client({ connectionString: env.DATABASE_URL })
  await client.connect()
  try {
    await client.query("create table if not exists store_platform_release (release text primary key)")
    await client.query("insert into store_platform_release values ($1) on conflict do nothing", [env.STORE_RELEASE])
  } finally {
    await client.end()
  }
}
