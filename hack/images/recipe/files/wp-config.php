<?php
// What the official image's wp-config.php takes from the environment, as far as shops use it.
function store_environment(string $name, string $default = ''): string
{
    $file = getenv($name . '_FILE');
    if ($file !== false && $file !== '') {
        return rtrim((string) file_get_contents($file), "\r\n");
    }
    $value = getenv($name);
    return $value === false ? $default : $value;
}

define('DB_NAME', store_environment('WORDPRESS_DB_NAME', 'wordpress'));
define('DB_USER', store_environment('WORDPRESS_DB_USER'));
define('DB_PASSWORD', store_environment('WORDPRESS_DB_PASSWORD'));
define('DB_HOST', store_environment('WORDPRESS_DB_HOST', 'mysql'));
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
foreach (['AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY', 'AUTH_SALT', 'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT'] as $store_salt) {
    define($store_salt, store_environment('WORDPRESS_' . $store_salt));
}
unset($store_salt);
$table_prefix = store_environment('WORDPRESS_TABLE_PREFIX', 'wp_');

// The ingress controller ends TLS.
if (strpos($_SERVER['HTTP_X_FORWARDED_PROTO'] ?? '', 'https') !== false) {
    $_SERVER['HTTPS'] = 'on';
}
// The chart's own line, which reads the rest; no user's text is in it.
if (store_environment('WORDPRESS_CONFIG_EXTRA') !== '') {
    eval(store_environment('WORDPRESS_CONFIG_EXTRA'));
}
if (!defined('ABSPATH')) {
    define('ABSPATH', __DIR__ . '/');
}
require_once ABSPATH . 'wp-settings.php';
