import { describe, expect, it } from 'vitest';
import { stepBackFor } from '../../../src/step-back.js';

describe('stepping back', () => {
  it('[U3] happens for the extension that the page config names', () => {
    expect(stepBackFor('{"stepBack":"jupyter_server_nbmodel"}')).toBe('jupyter_server_nbmodel');
  });

  it.each(['', '{}', '{"stepBack":null}', 'null', '[]', '{"stepBack":3}', 'not JSON'])(
    '[U3] does not happen for %j',
    option => {
      expect(stepBackFor(option)).toBeNull();
    }
  );
});
