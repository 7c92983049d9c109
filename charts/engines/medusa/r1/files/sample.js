// Puts a product into the shop that can be bought at once: published, in the
// sales channel, with a price in the shop's currency and goods in the warehouse.
const { ContainerRegistrationKeys, Modules } = require("@medusajs/framework/utils")
const flows = require("@medusajs/medusa/core-flows")
const { shippingProfile, stockLocation } = require("./delivery.js")

const handle = "sample-product"
const amount = 19
const stocked = 1000

// `first` is whether the shop never had it: what a merchant deleted stays away.
exports.sampleProduct = async function sampleProduct({ container, run }, { channel, currency, first }) {
  let variant = await existing(container)
  if (!variant && !first) return
  if (!variant?.price_set?.id || !variant.inventory_items?.[0]) {
    // A failure in the midst of making it left a part, which nothing completes.
    await remove({ container, run })
    await create({ container, run }, channel, currency)
    variant = await existing(container)
  }
  await price(container, variant, currency)
  await stock({ container, run }, variant)
}

async function existing(container) {
  const { data } = await container.resolve(ContainerRegistrationKeys.QUERY).graph({
    entity: "product_variant",
    fields: ["id", "price_set.id", "price_set.prices.*", "inventory_items.inventory_item_id"],
    filters: { product: { handle } },
  })
  return data[0]
}

async function remove({ container, run }) {
  const products = await container.resolve(Modules.PRODUCT).listProducts({ handle })
  if (products.length > 0) await run(flows.deleteProductsWorkflow, { ids: products.map(({ id }) => id) })
  const items = await container.resolve(Modules.INVENTORY).listInventoryItems({ sku: "sample-1" })
  if (items.length > 0) await run(flows.deleteInventoryItemWorkflow, items.map(({ id }) => id))
}

async function create({ container, run }, channel, currency) {
  const profile = await shippingProfile({ container, run })
  await run(flows.createProductsWorkflow, {
    products: [{
      title: "Sample product", handle, status: "published",
      shipping_profile_id: profile.id, sales_channels: [{ id: channel.id }],
      options: [{ title: "Kind", values: ["Standard"] }],
      variants: [{
        title: "Standard", sku: "sample-1", manage_inventory: true, options: { Kind: "Standard" },
        prices: [{ currency_code: currency, amount }],
      }],
    }],
  })
}

async function price(container, { price_set: { id, prices } }, currency) {
  if (prices.some(({ currency_code }) => currency_code === currency)) return
  await container.resolve(Modules.PRICING).addPrices({ priceSetId: id, prices: [{ currency_code: currency, amount, rules: {} }] })
}

async function stock({ container, run }, variant) {
  const inventory_item_id = variant.inventory_items[0].inventory_item_id
  const levels = await container.resolve(Modules.INVENTORY).listInventoryLevels({ inventory_item_id })
  if (levels.length > 0) return
  const location = await stockLocation({ container, run })
  await run(flows.createInventoryLevelsWorkflow, {
    inventory_levels: [{ inventory_item_id, location_id: location.id, stocked_quantity: stocked }],
  })
}
