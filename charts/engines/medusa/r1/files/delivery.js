// Gives the shop what an order cannot be delivered without: a place its goods
// come from, the countries it delivers to from there, and one way to deliver
// with a price. Each part, and each link between two, is looked for before it is
// made: after a failure at any point the next run makes what is missing.
const { ContainerRegistrationKeys, Modules } = require("@medusajs/framework/utils")
const flows = require("@medusajs/medusa/core-flows")

const provider = "manual_manual"
// By these the merchant's own are told from ours.
const metadata = { managed_by: "store-platform" }
const ours = (things) => things.find((thing) => thing.metadata?.managed_by === metadata.managed_by)

exports.delivery = async function delivery({ container, run }, { channel, countries, currency, price }) {
  const profile = await shippingProfile({ container, run })
  const location = await stockLocation({ container, run })
  await linkChannel({ container, run }, location, channel)
  await linkProvider({ container }, location)
  const zone = await serviceZone({ container }, await fulfillmentSet({ container }, location), countries)
  const option = await shippingOption({ container, run }, zone, profile, currency, price)
  await shippingPrice({ container }, option, currency, price)
}

exports.shippingProfile = shippingProfile
exports.stockLocation = stockLocation

async function shippingProfile({ container, run }) {
  const [existing] = await container.resolve(Modules.FULFILLMENT).listShippingProfiles({ type: "default" })
  if (existing) return existing
  const [created] = await run(flows.createShippingProfilesWorkflow, { data: [{ name: "Default", type: "default" }] })
  return created
}

async function stockLocation({ container, run }) {
  const [store] = await container.resolve(Modules.STORE).listStores({})
  const locations = await container.resolve(Modules.STOCK_LOCATION).listStockLocations({}, { take: 1000 })
  let location = locations.find(({ id }) => id === store.default_location_id) ?? ours(locations)
  if (!location) [location] = await run(flows.createStockLocationsWorkflow, { locations: [{ name: "Warehouse", metadata }] })
  if (store.default_location_id !== location.id) {
    await run(flows.updateStoresWorkflow, { selector: { id: store.id }, update: { default_location_id: location.id } })
  }
  return location
}

async function linked(container, location, what) {
  const { data } = await container.resolve(ContainerRegistrationKeys.QUERY).graph({
    entity: "stock_location", fields: ["id", `${what}.*`], filters: { id: location.id },
  })
  return (data[0]?.[what] ?? []).filter(Boolean)
}

async function linkChannel({ container, run }, location, channel) {
  const channels = await linked(container, location, "sales_channels")
  if (channels.some(({ id }) => id === channel.id)) return
  await run(flows.linkSalesChannelsToStockLocationWorkflow, { id: location.id, add: [channel.id] })
}

async function linkProvider({ container }, location) {
  const providers = await linked(container, location, "fulfillment_providers")
  if (providers.some(({ id }) => id === provider)) return
  await container.resolve(ContainerRegistrationKeys.LINK).create({
    [Modules.STOCK_LOCATION]: { stock_location_id: location.id },
    [Modules.FULFILLMENT]: { fulfillment_provider_id: provider },
  })
}

async function fulfillmentSet({ container }, location) {
  const fulfillment = container.resolve(Modules.FULFILLMENT)
  let set = ours(await fulfillment.listFulfillmentSets({}, { take: 1000 }))
  if (!set) set = await fulfillment.createFulfillmentSets({ name: "Delivery", type: "shipping", metadata })
  const sets = await linked(container, location, "fulfillment_sets")
  if (!sets.some(({ id }) => id === set.id)) {
    await container.resolve(ContainerRegistrationKeys.LINK).create({
      [Modules.STOCK_LOCATION]: { stock_location_id: location.id },
      [Modules.FULFILLMENT]: { fulfillment_set_id: set.id },
    })
  }
  return set
}

// Countries are only added: a customer of one that was taken from the region
// cannot order anyway.
async function serviceZone({ container }, set, countries) {
  const fulfillment = container.resolve(Modules.FULFILLMENT)
  const zones = await fulfillment.listServiceZones({ fulfillment_set: { id: set.id } }, { relations: ["geo_zones"], take: 1000 })
  const zone = ours(zones) ?? (await fulfillment.createServiceZones({ name: "Delivery", fulfillment_set_id: set.id, metadata }))
  const covered = (zone.geo_zones ?? []).map(({ country_code }) => country_code)
  const missing = countries.filter((country) => !covered.includes(country))
  if (missing.length > 0) {
    await fulfillment.createGeoZones(missing.map((country) => ({ type: "country", country_code: country, service_zone_id: zone.id })))
  }
  return zone
}

async function shippingOption({ container, run }, zone, profile, currency, price) {
  const fulfillment = container.resolve(Modules.FULFILLMENT)
  const existing = ours(await fulfillment.listShippingOptions({ service_zone: { id: zone.id } }, { take: 1000 }))
  if (existing) {
    if (await priceSet(container, existing)) return existing
    // A failure between the two left it without a price, and nothing gives it one later.
    await run(flows.deleteShippingOptionsWorkflow, { ids: [existing.id] })
  }
  const [created] = await run(flows.createShippingOptionsWorkflow, [{
    name: "Standard delivery", price_type: "flat", provider_id: provider, metadata,
    service_zone_id: zone.id, shipping_profile_id: profile.id,
    type: { label: "Standard", description: "Delivery to the customer's address", code: "standard" },
    rules: [
      { attribute: "enabled_in_store", operator: "eq", value: "true" },
      { attribute: "is_return", operator: "eq", value: "false" },
    ],
    prices: [{ currency_code: currency, amount: price }],
  }])
  return created
}

async function priceSet(container, option) {
  const { data } = await container.resolve(ContainerRegistrationKeys.QUERY).graph({
    entity: "shipping_option_price_set", fields: ["price_set.id", "price_set.prices.*"], filters: { shipping_option_id: option.id },
  })
  return data[0]?.price_set
}

// One price for each currency; those of currencies the shop had before stay. The
// new one is there before the old one goes: delivery never lacks a price.
async function shippingPrice({ container }, option, currency, amount) {
  const pricing = container.resolve(Modules.PRICING)
  const { id, prices } = await priceSet(container, option)
  const same = prices.filter((price) => price.currency_code === currency && !price.rules_count)
  const stale = same.filter((price) => Number(price.amount) !== amount)
  if (stale.length === same.length) {
    await pricing.addPrices({ priceSetId: id, prices: [{ currency_code: currency, amount, rules: {} }] })
  }
  if (stale.length > 0) await pricing.removePrices(stale.map((price) => price.id))
}
