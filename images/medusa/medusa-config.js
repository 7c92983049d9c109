// The configuration of every Medusa shop. What differs between shops is in the
// environment; nothing here has a default that would be the same secret everywhere.
const { defineConfig, Modules } = require("@medusajs/framework/utils")

const env = process.env

function required(name) {
  if (!env[name]) throw new Error(`the environment has no ${name}`)
  return env[name]
}

const building = env.STORE_IMAGE_BUILD === "true"
const backend = building ? "/" : required("MEDUSA_BACKEND_URL")
const redis = env.REDIS_URL

const modules = [
  {
    resolve: "@medusajs/medusa/file",
    options: {
      providers: [
        {
          resolve: "@medusajs/medusa/file-local",
          id: "local",
          options: { upload_dir: "static", backend_url: `${backend}/static` },
        },
      ],
    },
  },
]
// What is kept in the process by default is shared between the pods by Redis.
if (redis) {
  modules.push(
    { key: Modules.EVENT_BUS, resolve: "@medusajs/medusa/event-bus-redis", options: { redisUrl: redis } },
    { key: Modules.WORKFLOW_ENGINE, resolve: "@medusajs/medusa/workflow-engine-redis", options: { redis: { redisUrl: redis } } },
    { key: Modules.CACHE, resolve: "@medusajs/medusa/cache-redis", options: { redisUrl: redis } },
    {
      key: Modules.LOCKING,
      resolve: "@medusajs/medusa/locking",
      options: {
        providers: [
          { id: "locking-redis", resolve: "@medusajs/medusa/locking-redis", is_default: true, options: { redisUrl: redis } },
        ],
      },
    },
  )
}

module.exports = defineConfig({
  projectConfig: building
    ? {}
    : {
        databaseUrl: required("DATABASE_URL"),
        redisUrl: redis,
        // Over plain HTTP a browser sends no secure cookie back, and nobody could log in.
        cookieOptions: { secure: backend.startsWith("https://") },
        http: {
          jwtSecret: required("JWT_SECRET"),
          cookieSecret: required("COOKIE_SECRET"),
          storeCors: required("STORE_CORS"),
          adminCors: required("ADMIN_CORS"),
          authCors: required("AUTH_CORS"),
        },
      },
  // The admin calls the host it was loaded from: the shop may have several.
  admin: { backendUrl: "/", disable: env.MEDUSA_ADMIN_DISABLED === "true" },
  modules,
})
