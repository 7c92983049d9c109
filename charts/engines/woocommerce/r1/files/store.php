<?php
// Read by wp-config.php. What depends on the store comes from the environment,
// never from text in this file: a shop's name must not become code.

define('DISABLE_WP_CRON', true);          // a CronJob runs the events
define('WP_AUTO_UPDATE_CORE', false);     // core is part of the image
define('FS_METHOD', 'direct');
define('WP_MEMORY_LIMIT', '256M');

// One shop, several hosts: links stay on the host that was asked for, if it is
// one of the shop's.
$store_hosts = explode(',', (string) getenv('STORE_HOSTS'));
$store_asked = strtolower((string) preg_replace('/:\d+$/', '', $_SERVER['HTTP_HOST'] ?? ''));
$store_url = (string) getenv('STORE_URL');
if ($store_asked !== '' && $store_asked !== $store_hosts[0] && in_array($store_asked, $store_hosts, true)) {
    $store_url = str_replace('://' . $store_hosts[0], '://' . $store_asked, $store_url);
}
define('WP_HOME', $store_url);
define('WP_SITEURL', $store_url);
if (strpos($store_url, 'https://') === 0) {
    define('FORCE_SSL_ADMIN', true);
}
unset($store_hosts, $store_asked, $store_url);
