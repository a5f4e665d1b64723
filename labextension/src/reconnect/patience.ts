/** Asks about a kernel when there is somebody to answer. */

const KERNEL = /\/api\/kernels\/[^/]+$/;

/**
 * A `fetch` that waits with questions about a kernel until the server is `reachable`.
 *
 * A page that lost its connection to a kernel asks about it before it connects again, and core asks
 * once more only after up to half a minute.
 */
export function patient(reachable: () => Promise<void>): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    try {
      return await fetch(request);
    } catch (error) {
      if (request.method !== 'GET' || !KERNEL.test(new URL(request.url).pathname)) {
        throw error;
      }
    }
    await reachable();
    return fetch(request);
  };
}
