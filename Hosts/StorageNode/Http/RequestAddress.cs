using Microsoft.AspNetCore.Http.Features;
using Mooring.Operations;

namespace Mooring.StorageNode.Http;

/// <summary>
/// What an address says, read from how it came: the server decodes it in its own way, which lets different names become the same.
/// </summary>
internal static class RequestAddress
{
    /// <summary>The names that stand in a path, decoded once, strictly as UTF-8.</summary>
    /// <param name="request">The request.</param>
    /// <param name="pattern">The route's pattern, such as <c>/v1/volumes/{pool}/{image}</c>.</param>
    /// <returns>Them by the names of the places where they stand.</returns>
    /// <exception cref="FormatException">The path is not what it seems, or not UTF-8.</exception>
    public static Dictionary<string, string> PathOf(HttpRequest request, string pattern)
    {
        var parts = Path(Target(request)).Split('/');
        var places = pattern.Split('/');
        if (parts.Length != places.Length)
            throw new FormatException("the path of the address has parts that are folded away, or are empty");
        return places.Zip(parts, (Place, Part) => (Place, Part))
            .Where(place => place.Place.StartsWith('{'))
            .ToDictionary(place => place.Place.Trim('{', '}'), place => HttpForm.Unescape(place.Part));
    }

    /// <summary>What stands in a query.</summary>
    /// <param name="request">The request.</param>
    /// <returns>The values by their names.</returns>
    /// <exception cref="FormatException">Something stands there more than once.</exception>
    public static Dictionary<string, string> QueryOf(HttpRequest request) => request.Query.ToDictionary(
        value => value.Key,
        value => value.Value is [{ } only] ? only : throw new FormatException($"'{value.Key}' stands in the query {value.Value.Count} times"));

    /// <summary>The path and query as they came.</summary>
    /// <param name="request">The request.</param>
    /// <returns>Them, beginning with a slash.</returns>
    public static string Target(HttpRequest request)
    {
        var raw = request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        return raw.StartsWith('/') || !Uri.TryCreate(raw, UriKind.Absolute, out var absolute) ? raw : absolute.PathAndQuery;
    }

    /// <summary>Refuses what is not known in the query of a route.</summary>
    /// <param name="known">What is.</param>
    /// <returns>The filter.</returns>
    public static Func<EndpointFilterInvocationContext, EndpointFilterDelegate, ValueTask<object?>> Knows(params string[] known) => async (context, next) =>
    {
        try
        {
            var odd = QueryOf(context.HttpContext.Request).Keys.FirstOrDefault(name => !known.Contains(name));
            return odd is null ? await next(context) : Problems.Invalid($"'{odd}' is not known in the query");
        }
        catch (FormatException e)
        {
            return Problems.Invalid(e.Message);
        }
    };

    /// <summary>Answers GET, and HEAD with the same headers and no body.</summary>
    /// <param name="routes">The routes.</param>
    /// <param name="pattern">The address.</param>
    /// <param name="handler">What answers.</param>
    /// <returns>The route.</returns>
    public static RouteHandlerBuilder MapRead(this IEndpointRouteBuilder routes, string pattern, Delegate handler) =>
        routes.MapMethods(pattern, [HttpMethods.Get, HttpMethods.Head], handler);

    private static string Path(string target) => target.IndexOf('?', StringComparison.Ordinal) is >= 0 and var end ? target[..end] : target;
}
