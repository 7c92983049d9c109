<?php
// Exits 0 when the database takes our login, and says why when it does not.
mysqli_report(MYSQLI_REPORT_OFF);
$connection = @mysqli_connect(
    getenv('WORDPRESS_DB_HOST'),
    getenv('WORDPRESS_DB_USER'),
    getenv('WORDPRESS_DB_PASSWORD'),
    getenv('WORDPRESS_DB_NAME')
);
if (!$connection) {
    fwrite(STDERR, 'database: ' . mysqli_connect_error() . "\n");
    exit(1);
}
