/**
 * What a device has for passkeys, in a real Chromium: it makes and uses them as fingerprint or face would, without asking.
 */
import type { Page } from 'playwright-core';

type VirtualCredential = {
  credentialId: string;
  rpId: string;
  privateKey: string;
  userHandle?: string;
  signCount: number;
  isResidentCredential: boolean;
};

export type VirtualAuthenticator = {
  credentials(): Promise<VirtualCredential[]>;
  /** Puts a passkey of another device into this one. */
  receive(credential: VirtualCredential): Promise<void>;
  /** Whether its person is verified (fingerprint, PIN) when asked. */
  setVerified(isVerified: boolean): Promise<void>;
};

/** For the pages of this tab, from now on; it has no passkeys yet. */
export async function addVirtualAuthenticator(
  page: Page,
  { isVerified = true }: { isVerified?: boolean | undefined } = {},
): Promise<VirtualAuthenticator> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...{ protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal' },
      ...{ hasResidentKey: true, hasUserVerification: true, isUserVerified: isVerified },
      automaticPresenceSimulation: true,
    },
  });
  return {
    async credentials() {
      const found = await cdp.send('WebAuthn.getCredentials', { authenticatorId });
      return found.credentials as VirtualCredential[];
    },
    async receive(credential) {
      await cdp.send('WebAuthn.addCredential', { authenticatorId, credential });
    },
    async setVerified(isUserVerified) {
      await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
    },
  };
}

/** A script for pages on which passkeys are used by the button only: Chromium's device picks a suggestion by itself. */
export const withoutSuggestions =
  'if (window.PublicKeyCredential) delete PublicKeyCredential.isConditionalMediationAvailable;';
