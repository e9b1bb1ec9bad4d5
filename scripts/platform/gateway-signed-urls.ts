// Signed URLs as hosted Storage answers them, which is what supabase-js reads: the library names and roots them otherwise.
// A token that has run out is the caller's mistake there (400), not the server's.

const SIGNING = /^\/storage\/v1\/object\/(?:upload\/)?sign\//;
const ROOT = '/storage/v1';

type Signed = { signedUrl?: string };

export async function asHostedStorage(request: Request, answer: () => Promise<Response>): Promise<Response> {
  const { pathname } = new URL(request.url);
  const response = await answer();
  if (!SIGNING.test(`${pathname}/`)) return response;
  if (request.method === 'POST' && response.ok) {
    const body = (await response.json()) as Signed | Signed[];
    return Response.json(Array.isArray(body) ? body.map(rooted) : rooted(body), { status: response.status });
  }
  if (request.method !== 'POST' && response.status === 500) {
    const body = { statusCode: '400', error: 'InvalidJWT', message: 'The token is invalid or has expired' };
    return Response.json(body, { status: 400 });
  }
  return response;
}

/** Below the root of the storage API, under the names that a download and an upload have. */
function rooted({ signedUrl, ...rest }: Signed): Record<string, unknown> {
  if (!signedUrl) return { ...rest, signedURL: null };
  const url = signedUrl.startsWith(ROOT) ? signedUrl.slice(ROOT.length) : signedUrl;
  return { ...rest, signedURL: url, url };
}
