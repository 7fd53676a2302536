/** The API that programs ask tokens for, as Cardea's declarative file has it. */
export const orders = {
  identifier: 'https://orders.example',
  name: 'Orders',
  scopes: { 'orders:read': 'See your orders', 'orders:write': 'Change your orders' },
};
