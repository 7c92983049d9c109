#!/bin/sh
# Sets the shop up. Each step looks before it acts, so that the script can be run
# again at any time; a step that fails ends it, and the Job tries again.
set -eu

cd "$STORE_ROOT"
marker="$STORE_ROOT/wp-content/.store-platform"

step() { doing=$1; printf '==> %s\n' "$doing"; }
# What the Store tells of a failed attempt: the reason, or the step that failed.
last_words=/dev/termination-log
trap '[ $? -eq 0 ] || [ -s $last_words ] || printf "could not %s" "$doing" > $last_words' EXIT
fail() { printf 'bootstrap failed: %s\n' "$1" >&2; printf %s "$1" > $last_words; exit 1; }
wp() { php -d memory_limit=768M /usr/local/bin/wp --path="$STORE_ROOT" --no-color "$@"; }
as_admin() { wp --user="$STORE_ADMIN_USER" "$@"; }

step "find WooCommerce in the image"
[ -d /usr/src/store/wp-content/plugins/woocommerce ] ||
    fail "the image has no WooCommerce plugin (/usr/src/store/wp-content/plugins/woocommerce); build it from images/woocommerce"
[ -x /usr/local/bin/wp ] || fail "the image has no wp-cli (/usr/local/bin/wp); build it from images/woocommerce"

step "reach the database"
attempt=0
until php /etc/store/database.php; do
    attempt=$((attempt + 1))
    [ "$attempt" -lt 60 ] || fail "the database did not answer; see the message above"
    sleep 3
done

step "copy themes, plugins and translations of the image"
mkdir -p wp-content/plugins wp-content/themes wp-content/uploads wp-content/languages
if [ "$(cat "$marker" 2>/dev/null || echo none)" != "$STORE_RELEASE" ]; then
    # A plugin is replaced as a whole: files of an older release must not stay.
    rm -rf wp-content/plugins/.woocommerce.new
    cp -R /usr/src/store/wp-content/plugins/woocommerce wp-content/plugins/.woocommerce.new
    rm -rf wp-content/plugins/woocommerce
    mv wp-content/plugins/.woocommerce.new wp-content/plugins/woocommerce
    for theme in /usr/src/store/wp-content/themes/*/; do
        name=$(basename "$theme")
        [ -d "wp-content/themes/$name" ] || cp -R "$theme" "wp-content/themes/$name"
    done
    cp -R /usr/src/store/wp-content/languages/. wp-content/languages/
fi

step "install WordPress"
if ! wp core is-installed; then
    # From standard input: a password among the arguments is seen in the process list.
    printf '%s\n' "$STORE_ADMIN_PASSWORD" | wp core install \
        --url="$STORE_URL" --title="$STORE_TITLE" \
        --admin_user="$STORE_ADMIN_USER" --admin_email="$STORE_ADMIN_EMAIL" \
        --prompt=admin_password --skip-email
fi
wp core update-db

rotation=${STORE_ADMIN_ROTATION:-none}
if [ "$rotation" != none ] && [ "$(wp option get store_platform_admin_rotation 2>/dev/null || echo none)" != "$rotation" ]; then
    step "set the admin's password"
    # Otherwise the password is the merchant's to change.
    printf '%s\n' "$STORE_ADMIN_PASSWORD" | wp user update "$STORE_ADMIN_USER" --prompt=user_pass --skip-email
    wp option update store_platform_admin_rotation "$rotation"
fi

step "activate WooCommerce"
wp plugin is-active woocommerce || wp plugin activate woocommerce
wp wc update

step "apply the settings"
if [ "$(wp option get store_platform_created 2>/dev/null || echo no)" != yes ]; then
    # Once only: afterwards they are the merchant's.
    wp rewrite structure '/%postname%/'
    wp option update woocommerce_coming_soon no
    wp option update woocommerce_store_pages_only no
    wp option update woocommerce_onboarding_profile '{"skipped":true,"completed":true}' --format=json
    wp option update woocommerce_cod_settings '{"enabled":"yes","title":"Cash on delivery"}' --format=json
    as_admin wc tool run install_pages
    wp option update store_platform_created yes
fi
settings=$(printf '%s\n' "$STORE_TITLE" "$STORE_CURRENCY" "$STORE_COUNTRY" "$STORE_STREET" "$STORE_CITY" \
    "$STORE_POSTCODE" "$STORE_LOCALE" "$STORE_ADMIN_EMAIL" | sha256sum | cut -d' ' -f1)
if [ "$(wp option get store_platform_settings 2>/dev/null || echo none)" != "$settings" ]; then
    # Only when the Store's parameters changed: an upgrade keeps what the merchant set since.
    wp option update blogname "$STORE_TITLE"
    wp option update admin_email "$STORE_ADMIN_EMAIL"
    wp option update WPLANG "$( [ "$STORE_LOCALE" = en_US ] || printf %s "$STORE_LOCALE" )"
    wp option update woocommerce_currency "$STORE_CURRENCY"
    wp option update woocommerce_default_country "$STORE_COUNTRY"
    wp option update woocommerce_store_address "$STORE_STREET"
    wp option update woocommerce_store_city "$STORE_CITY"
    wp option update woocommerce_store_postcode "$STORE_POSTCODE"
    [ "$(wp option get woocommerce_currency)" = "$STORE_CURRENCY" ] || fail "the currency was not kept"
    wp option update store_platform_settings "$settings"
fi

step "make sample products"
if [ "$STORE_SAMPLE_PRODUCTS" = true ] && [ -z "$(as_admin wc product list --sku=sample-1 --format=ids)" ]; then
    as_admin wc product create --name='Sample product' --type=simple --sku=sample-1 --regular_price=19.00 --porcelain
fi

step "verify the setup"
wp plugin is-active woocommerce || fail "WooCommerce is not active"
[ "$(wp plugin get woocommerce --field=version)" = "$STORE_VERSION" ] || fail "WooCommerce is not of version $STORE_VERSION"
as_admin wc product list --format=count > /dev/null || fail "products cannot be read"
shop=$(wp option get woocommerce_shop_page_id)
[ "$(wp post get "$shop" --field=post_status)" = publish ] || fail "the shop page is not published"

# From here on the application starts.
printf %s "$STORE_RELEASE" > "$marker.new"
mv "$marker.new" "$marker"

step "verify the shop page"
path=$(wp post get "$shop" --field=post_name)
attempt=0
while :; do
    code=$(curl --silent --output /dev/null --write-out '%{http_code}' --max-time 20 \
        --header "Host: $STORE_HOST" --header "X-Forwarded-Proto: ${STORE_URL%%://*}" \
        "http://application/$path/") || code="no answer"
    [ "$code" != 200 ] || break
    attempt=$((attempt + 1))
    [ "$attempt" -lt 100 ] || fail "the shop page answers: $code"
    sleep 3
done
step "done"
