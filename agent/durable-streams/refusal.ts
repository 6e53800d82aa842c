/** Why a request on a stream is not done, with the status and headers that the protocol asks for. */

/** Thrown inside this adapter only, to leave a request or a transaction early; always answered. */
export class Refused extends Error {
  override readonly name = 'Refused';
  constructor(
    readonly status: number,
    detail: string,
    readonly headers: Readonly<Record<string, string>> = {},
    /** The body; without one, a problem with the detail is sent. */
    readonly body?: unknown
  ) {
    super(detail);
  }
}

/** Ends the request; `detail` tells a person what to do. */
export function refuse(
  status: number,
  detail: string,
  headers: Readonly<Record<string, string>> = {}
): never {
  throw new Refused(status, detail, headers);
}

/** Ends a request on subscriptions with the error code that the protocol names. */
export function refuseCode(
  status: number,
  code: string,
  message: string,
  more: Readonly<Record<string, unknown>> = {}
): never {
  throw new Refused(status, message, {}, { error: { code, message, ...more } });
}
