// Builds the admin into public/admin, from where `medusa start` serves it. `medusa
// build` would do the same, but wants TypeScript and a project that is written in it.
const path = require("node:path")
const { getResolvedPlugins } = require("@medusajs/framework/utils")
const { build } = require("@medusajs/admin-bundler")

process.env.STORE_IMAGE_BUILD = "true"
const configuration = require("./medusa-config.js")

async function main() {
  const plugins = (await getResolvedPlugins(__dirname, configuration, true)).map(({ admin }) => admin)
  const ofType = (type) => plugins.filter((admin) => admin?.type === type).map(({ resolve }) => resolve)
  await build({
    ...configuration.admin,
    disable: false,
    sources: ofType("local"),
    plugins: ofType("package"),
    outDir: path.join(__dirname, "public", "admin"),
  })
}

main().catch((error) => {
  console.error(error.message)
  process.exit(1)
})
