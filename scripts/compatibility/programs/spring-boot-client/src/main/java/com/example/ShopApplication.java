package com.example;

import static org.springframework.security.oauth2.client.web.client.RequestAttributeClientRegistrationIdResolver.clientRegistrationId;

import java.util.List;
import java.util.Objects;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientManager;
import org.springframework.security.oauth2.client.oidc.web.logout.OidcClientInitiatedLogoutSuccessHandler;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.client.web.client.OAuth2ClientHttpRequestInterceptor;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestClient;
import org.springframework.web.util.HtmlUtils;

@SpringBootApplication
public class ShopApplication {
  public static void main(String[] arguments) {
    SpringApplication.run(ShopApplication.class, arguments);
  }

  /** Everything but the page that people see after they have signed out is for those who are signed in. */
  @Bean
  SecurityFilterChain security(HttpSecurity http, ClientRegistrationRepository clients)
      throws Exception {
    var signOut = new OidcClientInitiatedLogoutSuccessHandler(clients);
    signOut.setPostLogoutRedirectUri("{baseUrl}/goodbye");
    return http
        .authorizeHttpRequests(
            requests -> requests.requestMatchers("/goodbye").permitAll().anyRequest().authenticated())
        .oauth2Login(Customizer.withDefaults())
        .logout(logout -> logout.logoutSuccessHandler(signOut))
        .build();
  }

  /** Sends the access token of whoever is signed in, and refreshes it a minute before it expires. */
  @Bean
  RestClient ordersClient(OAuth2AuthorizedClientManager clients, @Value("${orders.url}") String url) {
    return RestClient.builder()
        .baseUrl(url)
        .requestInterceptor(new OAuth2ClientHttpRequestInterceptor(clients))
        .build();
  }

  @RestController
  static class Pages {
    private final RestClient orders;

    Pages(RestClient orders) {
      this.orders = orders;
    }

    @GetMapping("/")
    String person(@AuthenticationPrincipal OidcUser user) {
      // Absent where the person has not consented to it.
      var groups = Objects.requireNonNullElse(user.getClaimAsStringList("groups"), List.of());
      var text = "%s, %s, groups: %s".formatted(user.getFullName(), user.getEmail(), groups);
      return "<p>%s</p> <a href=\"/orders\">Orders</a> <a href=\"/logout\">Sign out</a>"
          .formatted(HtmlUtils.htmlEscape(text));
    }

    @GetMapping("/orders")
    String orders() {
      return orders.get().attributes(clientRegistrationId("cardea")).retrieve().body(String.class);
    }

    @GetMapping("/goodbye")
    String goodbye() {
      return "You are signed out.";
    }
  }
}
