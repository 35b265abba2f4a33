// Cross-origin rules of the API: any page may call it, because no operation reads a cookie
// (protocol/authentication 1.15, protocol/endpoints 2.8).

/** The CORS headers of every answer that a page of another origin may read. */
export const corsHeaders: Readonly<Record<string, string>> = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'x-amzn-requestid,x-amzn-errortype,x-amzn-errormessage,date',
}

/** Headers of the answer to a preflight request; `methods` is a comma-separated list. */
export const preflightHeaders = (methods: string): Readonly<Record<string, string>> => ({
  ...corsHeaders,
  'access-control-allow-methods': methods,
  'access-control-allow-headers':
    'authorization,cache-control,content-type,x-amz-date,x-amz-security-token,x-amz-target,x-amz-user-agent,' +
    'x-amz-content-sha256,amz-sdk-invocation-id,amz-sdk-request',
  'access-control-max-age': '86400',
})
