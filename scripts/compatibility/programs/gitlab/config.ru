# Sign-in by GitLab's own OpenID Connect library, with the arguments that gitlab.rb gives it.
require 'omniauth'
require 'omniauth_openid_connect'
require 'rack/protection'

use Rack::Session::Cookie, secret: ENV.fetch('SESSION_SECRET')

OmniAuth.config.path_prefix = '/users/auth'
use OmniAuth::Builder do
  provider :openid_connect,
           name: 'openid_connect',
           scope: %w[openid profile email groups],
           response_type: 'code',
           issuer: ENV.fetch('ISSUER'),
           discovery: true,
           client_auth_method: 'basic',
           uid_field: 'sub',
           client_options: {
             identifier: 'gitlab',
             secret: ENV.fetch('CLIENT_SECRET'),
             redirect_uri: "#{ENV.fetch('ORIGIN')}/users/auth/openid_connect/callback"
           }
end

sign_in = lambda do |env|
  token = Rack::Protection::AuthenticityToken.token(env['rack.session'])
  [200, { 'content-type' => 'text/html' }, [<<~HTML]]
    <form action="/users/auth/openid_connect" method="post">
      <input type="hidden" name="authenticity_token" value="#{token}"><button>Cardea</button>
    </form>
  HTML
end

run lambda { |env|
  case env['PATH_INFO']
  when '/users/auth/openid_connect/callback'
    [200, { 'content-type' => 'application/json' }, [env['omniauth.auth'].slice('uid', 'info', 'extra').to_json]]
  when '/users/auth/failure'
    [400, { 'content-type' => 'text/plain' }, [env['QUERY_STRING']]]
  else
    sign_in.call(env)
  end
}
