package recipe

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"platform.example.io/stores/hack/images/archive"
)

var (
	//go:embed files/wp-config.php
	wordpressConfig []byte
	//go:embed files/httpd.conf
	wordpressServer []byte
)

// wordpressExtensions of PHP, each after those it needs.
var wordpressExtensions = []string{
	"mysqlnd", "mysqli", "ctype", "exif", "fileinfo", "ftp", "iconv", "phar", "posix", "shmop", "sockets", "tokenizer",
	"curl", "mbstring", "dom", "simplexml", "xml", "xmlreader", "xmlwriter",
}

// wordpress is WordPress 6.1 on PHP 8.2 in the places of images/woocommerce, and
// without the plugin: Debian has neither WooCommerce nor wp-cli. A shop on it does
// not become ready, and says that.
var wordpress = Recipe{
	Name: "wordpress", Reference: "localhost/wordpress:6.1-debian", Replaces: "store-woocommerce:10.9.4-r1", sources: []string{"woocommerce"},
	build: func(ctx context.Context, b *Builder) (*archive.Image, error) {
		const web, php = "/usr/share/wordpress", "/usr/lib/php/20220829"
		layer, err := b.layer(ctx, "wordpress", programs{
			packages: []string{
				"apache2-bin", "libapache2-mod-php8.2", "php8.2-cli", "php8.2-mysql", "php8.2-xml", "php8.2-mbstring", "php8.2-curl",
				"media-types", "ca-certificates", "tzdata",
			},
			alone:    []string{"wordpress", "php-getid3", "libjs-cropper", "libjs-underscore"},
			unwanted: []string{"perl-modules-5.36", "libperl5.36"},
			keep: []string{
				"/usr/sbin/apache2", "/usr/lib/apache2/modules", "/usr/bin/php8.2", php, "/etc/mime.types", "/usr/share/zoneinfo",
				web, "/usr/share/php/getid3", "/usr/share/javascript/cropper", "/usr/share/javascript/underscore",
			},
			drop: []string{web + "/wp-content/plugins/akismet", web + "/wp-content/plugins/hello.php", web + "/.htaccess", "/usr/share/zoneinfo/right"},
		})
		if err != nil {
			return nil, err
		}
		files := map[string]string{"host.conf": "apache.conf", "workers.conf": "workers.conf"}
		for name, source := range files {
			if err := layer.Copy("/etc/apache2/"+name, filepath.Join(b.Source, "woocommerce", source)); err != nil {
				return nil, err
			}
		}
		settings, err := os.ReadFile(filepath.Join(b.Source, "woocommerce", "php.ini"))
		if err != nil {
			return nil, fmt.Errorf("read settings of PHP: %w", err)
		}
		extensions := "zend_extension=opcache\nextension=" + strings.Join(wordpressExtensions, "\nextension=") + "\n"
		layer.File("/etc/php/store.ini", append([]byte(extensions), settings...), false)
		layer.File("/etc/apache2/httpd.conf", wordpressServer, false)
		layer.File("/usr/local/bin/apachectl", []byte("#!/bin/sh\nexec apache2 -f /etc/apache2/httpd.conf \"$@\"\n"), true)
		layer.Link("/usr/local/bin/php", "/usr/bin/php8.2")
		furnishWordPress(layer, web)
		return &archive.Image{Layers: []*archive.Layer{layer}, Config: archive.Config{
			User: "33:33", WorkingDir: "/srv/wordpress", Cmd: []string{"apachectl", "-D", "FOREGROUND"},
			Env: []string{
				"PATH=/usr/local/bin:/usr/bin:/usr/sbin", "HOME=/tmp", "PHP_INI_SCAN_DIR=/etc/php",
				"APACHE_RUN_DIR=/run/apache2", "APACHE_LOCK_DIR=/run/apache2", "APACHE_PID_FILE=/run/apache2/apache2.pid", "APACHE_WORKERS=8",
			},
			ExposedPorts: map[string]struct{}{"8080/tcp": {}},
			// Requests that are under way finish.
			StopSignal: "SIGWINCH",
		}}, nil
	},
}

// furnishWordPress puts WordPress where the chart has it: core below /srv, with
// wp-content left to a volume, and what belongs onto that below /usr/src/store.
func furnishWordPress(layer *archive.Layer, web string) {
	layer.Move(web+"/wp-content", "/usr/src/store/wp-content")
	layer.Move(web, "/srv/wordpress")
	// Debian's links to what other packages have are relative to /usr/share.
	layer.Link("/srv/php", "../usr/share/php")
	layer.Link("/srv/javascript", "../usr/share/javascript")
	layer.File("/srv/wordpress/wp-config.php", wordpressConfig, false)
	layer.Directory("/srv/wordpress/wp-content", false)
	layer.Directory("/usr/src/store/wp-content/plugins", false)
	layer.Directory("/usr/src/store/wp-content/languages", false)
	layer.Directory("/run/apache2", true)
}
