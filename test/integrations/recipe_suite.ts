/**
 * What each recipe guarantees, whatever its language. A language that this machine lacks is skipped, and says
 * why.
 */
import { after, describe, test } from 'node:test';
import { NotHere, type PreparedRecipe, prepareRecipe, type Recipe } from './programs.ts';
import { withCardea } from './with_cardea.ts';
import { withScriptedIssuer } from './with_scripted_issuer.ts';

export async function recipeSuite(recipe: Recipe): Promise<void> {
  const prepared: PreparedRecipe | string = await prepareRecipe(recipe).catch((failure) => {
    if (failure instanceof NotHere) return failure.message;
    throw failure;
  });
  describe(`Verification recipe in ${recipe.language}`, () => {
    if (typeof prepared === 'string') {
      test('The recipe accepts and refuses the right tokens', { skip: prepared }, () => {});
      return;
    }
    after(prepared.remove);
    withCardea(prepared);
    withScriptedIssuer(prepared);
  });
}
