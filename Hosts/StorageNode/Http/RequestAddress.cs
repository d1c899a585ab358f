using Microsoft.AspNetCore.Http.Features;
using Mooring.Messages;
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

    /// <summary>The path behind some first parts of an address, decoded once, strictly as UTF-8: names with slashes between them.</summary>
    /// <param name="request">The request.</param>
    /// <param name="parts">How many parts come before it.</param>
    /// <returns>It, beginning with a slash.</returns>
    /// <exception cref="FormatException">The path is not what it seems, or not UTF-8.</exception>
    public static string RestOf(HttpRequest request, int parts)
    {
        var all = Path(Target(request)).Split('/').Skip(1).Select(HttpForm.Decode).ToList();
        var names = all[Math.Min(parts, all.Count)..];
        if (all.Take(parts).Any(name => name is "" or "." or ".."))
            throw new FormatException("the path of the address has parts that are folded away, or are empty");
        if (names.FirstOrDefault(name => name is "." or ".." || name.Contains('/')) is { } odd)
            throw new FormatException($"'{odd}' in the path of an address is no name");
        return "/" + string.Join('/', names);
    }

    /// <summary>What stands in a query, decoded once, strictly as UTF-8.</summary>
    /// <param name="request">The request.</param>
    /// <returns>The values by their names.</returns>
    /// <exception cref="FormatException">Something stands there more than once, or is not UTF-8.</exception>
    public static Dictionary<string, string> QueryOf(HttpRequest request)
    {
        var target = Target(request);
        var query = target.IndexOf('?', StringComparison.Ordinal) is >= 0 and var at ? target[(at + 1)..] : "";
        return query.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Replace('+', ' ').Split('=', 2)).GroupBy(pair => HttpForm.Decode(pair[0])).ToDictionary(
            values => values.Key,
            values => values.Count() == 1
                ? HttpForm.Decode(values.Single().ElementAtOrDefault(1) ?? "")
                : throw new FormatException($"'{values.Key}' stands in the query {values.Count()} times"));
    }

    /// <summary>Whether something is wanted: <c>true</c> or <c>false</c>, nothing else.</summary>
    /// <param name="query">The query.</param>
    /// <param name="name">The name of the value.</param>
    /// <returns>Whether it is; no when it does not stand there.</returns>
    /// <exception cref="FormatException">It is neither.</exception>
    public static bool Flag(this Dictionary<string, string> query, string name) => query.GetValueOrDefault(name) switch
    {
        null or "false" => false,
        "true" => true,
        var odd => throw new FormatException($"{name} '{PlainText.Line(odd)}' is neither true nor false"),
    };

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
