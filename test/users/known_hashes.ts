/**
 * Hashes that other programs made, with the passwords they are of: published vectors where there are some (Drepper's
 * specification of SHA-512-crypt, firebase/scrypt, ASP.NET Core Identity's own tests), and what crypt(3), Django,
 * passlib and argon2-cffi wrote.
 */

export type KnownHash = { from: string; family: string; encoded: string; password: string };

const horse = 'correct horse battery staple';
const saltAndKey =
  '42xEC+ixf3L2lw==$Bw==$jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==';

const rows: [from: string, family: string, encoded: string, password: string][] = [
  [
    'argon2i',
    'argon2',
    '$argon2i$v=19$m=8192,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$m2XqWFbJEyMapY3zA0rKQCnBKQZRaw5zrUF6xOOPaX8',
    horse,
  ],
  [
    'argon2i of the first version',
    'argon2',
    '$argon2i$m=8192,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$H4vtUNSs7gAqruSd9DN3uQVPKqXrvIJ5eCcNQBgC2p4',
    horse,
  ],
  [
    'argon2d',
    'argon2',
    '$argon2d$v=19$m=8192,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$tfHjD1fwCsumGR6Of/bnQFRSlKmWg/ZJkACJh+8W/AY',
    horse,
  ],
  [
    'argon2id, padded and in another order',
    'argon2',
    '$argon2id$v=19$t=1,m=8192,p=1$c2FsdHNhbHRzYWx0c2FsdA==$xwP/sUpncRUpT63+0aadhrYrW8PTzYL8TrQp/6Tj9lA=',
    horse,
  ],
  [
    'Django argon2',
    'argon2',
    'argon2$argon2id$v=19$m=8192,t=1,p=2$c2Vhc2FsdFNlYXNhbHQyMg$4VDex19BM/anpe2e410pfEe2EgRh5QzIBXeoyGEFIZw',
    horse,
  ],
  ['bcrypt 2a', 'bcrypt', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW', 'U*U'],
  ['bcrypt 2b', 'bcrypt', '$2b$05$CCCCCCCCCCCCCCCCCCCCC.3OauAjmhcVHL6mXZw.dYrstL2TiyLXy', 'größe'],
  [
    'Django bcrypt',
    'bcrypt',
    'bcrypt$$2b$04$qrQa69reQPIWs3vFkKLDMuBrYF6..qS54tpDaE.p5u6.aB6mW9Z6u',
    horse,
  ],
  [
    'Django bcrypt_sha256',
    'bcrypt',
    'bcrypt_sha256$$2b$04$t1ubvls/fgAa.CjGLuoCJeis7qL3W1dH9v2UOYJQhCXO9qFTHIJhS',
    horse,
  ],
  [
    'passlib scrypt',
    'scrypt',
    '$scrypt$ln=10,r=8,p=1$yZmTUmoN4byXcm5trbUWwg$zoaGGG2rgCCnGSCkI6OctKMs2ulbSFe+pfKICr00Irg',
    horse,
  ],
  [
    'Django scrypt',
    'scrypt',
    'scrypt$1024$seasalt$8$5$l8suLvyBQg6EEaxiU94A5MqNFA+ifkB9O0nlDrfbkLvhHOHm+Q68fclEV3UJ0Uvj5DZtTFgZbT70Vnq/eAnq0g==',
    horse,
  ],
  [
    'Firebase',
    'firebase-scrypt',
    `$firebase-scrypt$ln=14,r=8$${saltAndKey}$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==`,
    'user1password',
  ],
  [
    'Django PBKDF2',
    'pbkdf2',
    'pbkdf2_sha256$10000$seasalt2Pepper$pGvvoy9nMqcxG2wcO2lW7Dv7ixhwqo1/KuzGQq1sItM=',
    horse,
  ],
  [
    'Django PBKDF2 with SHA-1',
    'pbkdf2',
    'pbkdf2_sha1$10000$seasalt2Pepper$uKyB7PQ+o/ZoT/uIRgHR7lrsVho=',
    horse,
  ],
  [
    'passlib PBKDF2 with SHA-1',
    'pbkdf2',
    '$pbkdf2$1000$cs5ZC0Ho/d/bm7O2ttbaWw$0/djzWMQkTva2SZKWtKmK5e870E',
    horse,
  ],
  [
    'passlib PBKDF2 with SHA-512',
    'pbkdf2',
    '$pbkdf2-sha512$1000$ZWxNKcV4D4HwPgdgzJkT4g$cAyjKLV2c6.x2a82HZJb97MsoxCv9cB7EUu6B8ZUJr15F3J6SBwcPluVGq5JRBlq4Sbl52Pym0g9t6KRa69jCA',
    horse,
  ],
  [
    'PBKDF2 as a PHC string',
    'pbkdf2',
    '$pbkdf2-sha256$i=1000,l=32$xhgjxBiDECJESKl1LoXwng$RYvnphjHsvmGSWwUVDarSKefhRsXoxiEcIlg/Iaps/A=',
    horse,
  ],
  [
    'SHA-512-crypt',
    'sha512-crypt',
    '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1',
    'Hello world!',
  ],
  [
    'SHA-512-crypt of a long password',
    'sha512-crypt',
    '$6$rounds=1400$anotherlongsalts$POfYwTEok97VWcjxIiSOjiykti.o/pQs.wPvMxQ6Fm7I6IoYN3CmLs66x9t0oSwbtEW7o7UmJEiDwGqd8p4ur1',
    'a very much longer text to encrypt.  This one even stretches over morethan one line.',
  ],
  [
    'SHA-512-crypt with a short salt',
    'sha512-crypt',
    '$6$rounds=77777$short$WuQyW2YR.hBNpjjRhpYD/ifIw05xdfeEyQoMxIXbkvr0gge1a1x3yRULJ5CCaUeOxFmtlcGZelFl5CxtgfiAc0',
    'we have a short salt string but not a short password',
  ],
  [
    'SHA-512-crypt with many rounds',
    'sha512-crypt',
    '$6$rounds=123456$asaltof16chars..$BtCwjqMJGx5hrJhZywWvt0RLE8uZ4oPwcelCjmw2kSYu.Ec6ycULevoBK25fs2xXgMNrCzIMVcgEJAstJeonj1',
    'a short string',
  ],
  [
    'ASP.NET Identity 2',
    'asp-net-identity',
    'AAABAgMEBQYHCAkKCwwNDg+ukCEMDf0yyQ29NYubggHIVY0sdEUfdyeM+E1LtH1uJg==',
    'my password',
  ],
  [
    'ASP.NET Identity 3',
    'asp-net-identity',
    'AQAAAAEAACcQAAAAEAABAgMEBQYHCAkKCwwNDg+yWU7rLgUwPZb1Itsmra7cbxw2EFpwpVFIEtP+JIuUEw==',
    'my password',
  ],
  [
    'ASP.NET Identity 3 with SHA-512',
    'asp-net-identity',
    'AQAAAAIAAAAyAAAAEOMwvh3+FZxqkdMBz2ekgGhwQ4B6pZWND6zgESBuWiHw',
    'my password',
  ],
];

export const knownHashes: readonly KnownHash[] = rows.map(([from, family, encoded, password]) => ({
  ...{ from, family, encoded, password },
}));
