using System.Globalization;
using Mooring.Messages;

namespace Mooring.Operations;

/// <summary>A read as an HTTP request, both ways: a volume stands in the path, a pool and namespace in the query, beside <c>cursor</c> and <c>limit</c>.</summary>
public static class ReadForm
{
    private const string PoolName = "pool", NamespaceName = "namespace", CursorName = "cursor", LimitName = "limit";

    /// <summary>What may stand in the query of a read.</summary>
    /// <param name="read">The read.</param>
    /// <returns>The names.</returns>
    public static IReadOnlyList<string> QueryNames(Read read) =>
        read.Route.VolumeName is not null ? [NamespaceName, CursorName, LimitName]
        : read.Parameters.Count > 0 ? [PoolName, NamespaceName, CursorName, LimitName]
        : [CursorName, LimitName];

    /// <summary>The path and query of a request, without a leading slash.</summary>
    /// <param name="question">The question.</param>
    /// <returns>The path, escaped.</returns>
    /// <exception cref="FormatException">What it says is wrong.</exception>
    public static string PathOf(GetRows question)
    {
        var read = ReadCatalog.Find(question.Kind)!;
        var (path, query) = (read.Route.Path[1..], new List<(string, string?)>());
        foreach (var parameter in read.Parameters)
        {
            var given = new Given();
            if (!parameter.TryGive(question.Arguments[parameter.Name], given, out var problem))
                throw new FormatException(problem);
            var place = given.Get((Parameter<VolumeId>)parameter);
            if (parameter.Name == read.Route.VolumeName)
                path = path.Replace($"{{{parameter.Name}}}", $"{HttpForm.Escape(place.Pool)}/{HttpForm.Escape(place.Image)}", StringComparison.Ordinal);
            else
                query.Add((PoolName, place.Pool));
            query.Add((NamespaceName, place.Namespace));
        }
        query.Add((CursorName, question.After));
        query.Add((LimitName, question.Limit.ToString(CultureInfo.InvariantCulture)));
        return $"{path}?{string.Join('&', query.Where(q => !string.IsNullOrEmpty(q.Item2)).Select(q => $"{q.Item1}={Uri.EscapeDataString(q.Item2!)}"))}";
    }

    /// <summary>Reads a request.</summary>
    /// <param name="read">The read.</param>
    /// <param name="path">What its path says: <c>pool</c> and <c>image</c>.</param>
    /// <param name="query">What its query says.</param>
    /// <returns>The question, which may still be wrong.</returns>
    /// <exception cref="FormatException">Something is not what is expected, or is not known.</exception>
    public static GetRows Parse(Read read, IReadOnlyDictionary<string, string> path, IReadOnlyDictionary<string, string> query)
    {
        if (query.Keys.FirstOrDefault(name => !QueryNames(read).Contains(name)) is { } odd)
            throw new FormatException($"'{odd}' is not known in the query");
        var limitText = query.GetValueOrDefault(LimitName, "100");
        if (!int.TryParse(limitText, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) || limit is < 1 or > Read.LimitMax)
            throw new FormatException($"limit '{limitText}' is not a whole number from 1 to {Read.LimitMax}");
        var ns = query.GetValueOrDefault(NamespaceName, "");
        return new GetRows(
            read.Kind,
            read.Parameters.ToDictionary(
                parameter => parameter.Name,
                parameter => parameter.Name == read.Route.VolumeName
                    ? new VolumeId(path[PoolName], ns, path["image"]).ToString()
                    : PlaceParameter.Text(new VolumeId(query.GetValueOrDefault(PoolName, VolumeId.DefaultPool), ns, ""))),
            query.GetValueOrDefault(CursorName),
            limit);
    }
}
