package real

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// merchant is one who is logged in to a shop's admin.
type merchant struct {
	shop
	token string
}

// logIn fails where the shop does not take the password.
func (s shop) logIn(ctx context.Context, email, password string) (*merchant, error) {
	body, err := json.Marshal(map[string]string{"email": email, "password": password})
	if err != nil {
		return nil, err
	}
	var answer struct{ Token string }
	m := &merchant{shop: s}
	if err := m.ask(ctx, http.MethodPost, "/auth/user/emailpass", body, &answer); err != nil {
		return nil, err
	}
	m.token = answer.Token
	return m, nil
}

func (m *merchant) hasOrder(ctx context.Context, id string) (bool, error) {
	var answer struct{ Order struct{ ID string } }
	if err := m.ask(ctx, http.MethodGet, "/admin/orders/"+id, nil, &answer); err != nil {
		return false, err
	}
	return answer.Order.ID == id, nil
}

func (m *merchant) ask(ctx context.Context, method, path string, body []byte, answer any) error {
	request, err := http.NewRequestWithContext(ctx, method, "http://"+m.Ingress()+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Host = m.host
	request.Header.Set("Content-Type", "application/json")
	if m.token != "" {
		request.Header.Set("Authorization", "Bearer "+m.token)
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s is answered %s: %s", method, path, response.Status, data)
	}
	return json.Unmarshal(data, answer)
}
