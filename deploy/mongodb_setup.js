// For mongosh, in the service mongodb-setup of docker-compose.yml: waits for MongoDB, makes it a replica
// set of one, and gives Cardea a user that may read and write its own database only.
const { readFileSync } = require('node:fs');

const secret = (name) => readFileSync(`/run/secrets/${name}`, 'utf8').trim();
const url = `mongodb://root:${secret('mongodb_root_password')}@mongodb:27017/admin?directConnection=true`;

let admin;
for (let attempt = 1; !admin; attempt += 1) {
  try {
    admin = connect(url);
  } catch (error) {
    if (attempt === 60) throw error;
    sleep(1000);
  }
}

try {
  const members = [{ _id: 0, host: 'mongodb:27017' }];
  admin.adminCommand({ replSetInitiate: { _id: 'rs0', members } });
} catch (error) {
  if (error.codeName !== 'AlreadyInitialized') throw error;
}
for (let attempt = 1; !admin.adminCommand({ hello: 1 }).isWritablePrimary; attempt += 1) {
  if (attempt === 60) throw new Error('the replica set has no primary');
  sleep(1000);
}

const database = admin.getSiblingDB('cardea');
const user = {
  pwd: secret('mongodb_cardea_password'),
  roles: [{ role: 'readWrite', db: 'cardea' }],
};
if (database.getUser('cardea')) database.updateUser('cardea', user);
else database.createUser({ user: 'cardea', ...user });
