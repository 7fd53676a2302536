/**
 * The shape of `registration`: whether people make accounts by themselves, and who.
 */
import { domainToASCII } from 'node:url';
import { z } from 'zod';

const domain = z
  .string()
  .max(253)
  .refine((name) => /^[^\s@/:*]+\.[^\s@/:*]+$/.test(name) && domainToASCII(name) !== '', {
    message: 'must be a domain such as example.com',
    params: { remedy: 'Write it without @, scheme and wildcards.' },
  })
  .meta({ notation: 'domain', pattern: '^\\s*[^\\s@/:*]+\\.[^\\s@/:*]+\\s*$' });

export const registrationSchema = z
  .strictObject({
    mode: z
      .enum(['off', 'open', 'invitation'])
      .default('off')
      .describe(
        'Who may make an account: nobody (`off`), everybody who can read mail at the address (`open`), or whom an operator has invited (`invitation`).',
      ),
    domains: z
      .array(domain)
      .max(1000)
      .default([])
      .describe(
        'Only addresses of these mail domains may register, invited or not; none: all. A domain does not stand for those below it.',
      ),
  })
  .prefault({})
  .describe('People who make accounts by themselves ([registration.md](registration.md)).');
