// Run by `medusa exec`, after the migrations. Gives the shop what it cannot sell
// without: a user, a sales channel, a publishable key, a region and a payment
// provider. What exists is left as the merchant made it.
const { createHash } = require("node:crypto")
const { Client } = require("pg")
const { ContainerRegistrationKeys, Modules } = require("@medusajs/framework/utils")
const flows = require("@medusajs/medusa/core-flows")

const env = process.env
const owner = "store-platform"
const countries = env.STORE_COUNTRIES.split(",")
const currency = env.STORE_CURRENCY

exports.default = async function setup({ container }) {
  const logger = container.resolve(ContainerRegistrationKeys.LOGGER)
  const run = async (workflow, input) => (await workflow(container).run({ input })).result

  await adminUser(container, run)
  const channel = await salesChannel(container, run)
  await publishableKey(container, run, channel)
  await settings(container, run, channel)
  if (env.STORE_SAMPLE_CATALOGUE === "true") await sampleProduct(container, run, channel)
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

async function salesChannel(container, run) {
  const [store] = await container.resolve(Modules.STORE).listStores({})
  const channels = container.resolve(Modules.SALES_CHANNEL)
  if (store.default_sales_channel_id) {
    const [existing] = await channels.listSalesChannels({ id: store.default_sales_channel_id })
    if (existing) return existing
  }
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

// The Store's parameters are applied when they changed, not at every release:
// an upgrade keeps what the merchant set since.
async function settings(container, run, channel) {
  const [store] = await container.resolve(Modules.STORE).listStores({}, { relations: ["supported_currencies"] })
  const wanted = [env.STORE_TITLE, env.STORE_REGION, currency, ...countries]
  const digest = createHash("sha256").update(JSON.stringify(wanted)).digest("hex")
  if (store.metadata?.store_platform_settings === digest) return

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
  await run(flows.updateStoresWorkflow, {
    selector: { id: store.id },
    update: { metadata: { ...store.metadata, store_platform_settings: digest } },
  })
}

async function sampleProduct(container, run, channel) {
  const handle = "sample-product"
  const [existing] = await container.resolve(Modules.PRODUCT).listProducts({ handle }, { withDeleted: true })
  if (existing) return
  const profiles = container.resolve(Modules.FULFILLMENT)
  let [profile] = await profiles.listShippingProfiles({ type: "default" })
  if (!profile) {
    ;[profile] = await run(flows.createShippingProfilesWorkflow, { data: [{ name: "Default", type: "default" }] })
  }
  await run(flows.createProductsWorkflow, {
    products: [{
      title: "Sample product", handle, status: "published",
      shipping_profile_id: profile.id, sales_channels: [{ id: channel.id }],
      options: [{ title: "Kind", values: ["Standard"] }],
      variants: [{
        title: "Standard", sku: "sample-1", manage_inventory: false, options: { Kind: "Standard" },
        prices: [{ currency_code: currency, amount: 19 }],
      }],
    }],
  })
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
