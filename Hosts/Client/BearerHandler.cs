using System.Net;
using System.Net.Http.Headers;

namespace Mooring.Client;

/// <summary>Shows a client's token with every request, also where a node sends it on to another one: .NET would leave the token out there.</summary>
internal sealed class BearerHandler : DelegatingHandler
{
    private const int RedirectsMax = 5;

    private readonly AuthenticationHeaderValue _bearer;

    /// <summary>Makes one.</summary>
    /// <param name="token">The token.</param>
    /// <param name="inner">What sends requests.</param>
    public BearerHandler(string token, SocketsHttpHandler inner)
        : base(inner)
    {
        inner.AllowAutoRedirect = false;
        _bearer = new AuthenticationHeaderValue("Bearer", token);
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Authorization = _bearer;
        for (var redirects = 0; ; redirects++)
        {
            var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
            // The only one that Mooring answers with: the same method and content.
            if (response.StatusCode != HttpStatusCode.TemporaryRedirect || response.Headers.Location is not { } location || redirects == RedirectsMax)
                return response;
            var next = new Uri(request.RequestUri!, location);
            // Not from TLS to where everybody reads along.
            if (next.Scheme != request.RequestUri!.Scheme)
                return response;
            request.RequestUri = next;
            response.Dispose();
        }
    }
}
