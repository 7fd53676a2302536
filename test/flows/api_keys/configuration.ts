/** Two APIs, each with its client, and one client that is no API. */
import { apiSecret, stockSecret } from './keys.ts';

export const orders = 'https://orders.example';
export const stock = 'https://stock.example';
export const jobSecret = 'a secret of the job, which is long enough';

const silent = { grant_types: [], redirect_uris: [], response_types: [] };
const service = { ...silent, grant_types: ['client_credentials'] };

export const declaration = {
  apis: [
    {
      identifier: orders,
      name: 'Orders',
      scopes: { 'orders:read': 'See', 'orders:write': 'Change' },
      client_id: 'orders-api',
    },
    { identifier: stock, name: 'Stock', scopes: { 'stock:read': 'See' }, client_id: 'stock-api' },
  ],
  clients: [
    {
      client_id: 'orders-api',
      client_secret: apiSecret,
      ...service,
      scope: 'orders:read stock:read',
      apis: [orders, stock],
    },
    { client_id: 'stock-api', client_secret: stockSecret, ...silent },
    {
      client_id: 'job',
      client_secret: jobSecret,
      ...service,
      scope: 'orders:read',
      apis: [orders],
    },
  ],
  api_keys: {
    prefix: 'acme',
    tiers: {
      free: { requests_per_minute: 1000, requests_per_month: 100_000 },
      tiny: { requests_per_minute: 3 },
      monthly: { requests_per_month: 2 },
    },
  },
};
