using System.Globalization;
using Microsoft.Net.Http.Headers;
using Mooring.Client;
using Mooring.Messages;
using Mooring.Messages.Wire;

namespace Mooring.StorageNode.Http;

/// <summary>Headers that have a request carried out only if something is as its client knows it (RFC 9110, 13).</summary>
internal static class Preconditions
{
    private const int FieldCount = 4;

    private static readonly string[] All = [HeaderNames.IfMatch, HeaderNames.IfNoneMatch, HeaderNames.IfModifiedSince, HeaderNames.IfUnmodifiedSince, HeaderNames.IfRange];

    /// <summary>Refuses a change on a condition that its address does not heed: nothing is done, rather than what was not wanted.</summary>
    /// <param name="http">The request.</param>
    /// <param name="next">What would carry it out.</param>
    /// <returns>Completes with the answer.</returns>
    public static Task RefuseUnheededAsync(HttpContext http, RequestDelegate next)
    {
        var heeded = http.GetEndpoint()?.Metadata.GetMetadata<Heeds>()?.Headers ?? [];
        return !HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method)
            && All.FirstOrDefault(header => !heeded.Contains(header) && http.Request.Headers.ContainsKey(header)) is { } odd
            ? Problems.Invalid($"{odd} is not heeded at this address").ExecuteAsync(http)
            : next(http);
    }

    /// <summary>What a file's content is known by: it changes with it. Weak where its checksum is not known.</summary>
    /// <param name="file">The file.</param>
    /// <returns>The tag.</returns>
    public static EntityTagHeaderValue TagOf(FileEntry file) => new(
        string.Create(CultureInfo.InvariantCulture, $"\"{file.Area:x}-{file.SizeBytes:x}-{file.Crc32C ?? 0:x8}-{file.ModifiedAt.UtcTicks:x}\""), isWeak: file.Crc32C is null);

    /// <summary>What the conditions of a question come to.</summary>
    /// <param name="request">The request.</param>
    /// <param name="tag">What there is.</param>
    /// <returns>The status that answers it; null when it is to be answered in full.</returns>
    public static int? Judge(HttpRequest request, EntityTagHeaderValue tag)
    {
        var headers = request.GetTypedHeaders();
        if (request.Headers.ContainsKey(HeaderNames.IfMatch) && !headers.IfMatch.Any(known => Matches(known, tag, strongly: true)))
            return StatusCodes.Status412PreconditionFailed;
        return headers.IfNoneMatch.Any(known => Matches(known, tag, strongly: false)) ? StatusCodes.Status304NotModified : null;
    }

    /// <summary>What a file must be for a change of it, as the request has it. Nothing is asked: whoever makes the change judges it.</summary>
    /// <param name="request">The request.</param>
    /// <returns>The condition; null when there is none.</returns>
    /// <exception cref="FormatException">It is none, or names too many.</exception>
    /// <exception cref="MooringException">It never holds.</exception>
    public static EntryCondition? OfChange(HttpRequest request)
    {
        if (!request.Headers.ContainsKey(HeaderNames.IfMatch))
            return null;
        var tags = request.GetTypedHeaders().IfMatch;
        if (tags.Count is 0 or > EntryCondition.KnownMax)
            throw new FormatException($"If-Match is not '*' or up to {EntryCondition.KnownMax} entity tags");
        if (tags.Contains(EntityTagHeaderValue.Any))
            return EntryCondition.Exists;
        var known = tags.Select(Known).OfType<FileEntry>().ToList();
        return known.Count > 0
            ? new EntryCondition(known)
            : throw new MooringException(new OperationError(ErrorKind.PreconditionFailed, "no file has a tag that If-Match names, or not one that is compared strongly"));
    }

    /// <summary>Whether a range is wanted of what there is now, not all of it because it has changed.</summary>
    /// <param name="request">The request.</param>
    /// <param name="tag">What there is.</param>
    /// <returns>Whether it is.</returns>
    public static bool IsOfRange(HttpRequest request, EntityTagHeaderValue tag) =>
        !request.Headers.ContainsKey(HeaderNames.IfRange) || request.GetTypedHeaders().IfRange?.EntityTag?.Compare(tag, useStrongComparison: true) == true;

    // The file that a tag was given to; null when it was given to none, or is weak.
    private static FileEntry? Known(EntityTagHeaderValue tag)
    {
        var fields = tag.IsWeak ? [] : tag.Tag.Value!.Trim('"').Split('-');
        return fields.Length == FieldCount && Hex(fields[0]) is { } area and >= 0 and <= int.MaxValue && Hex(fields[1]) is { } size and >= 0 && Hex(fields[2]) is { } crc and >= 0 and <= uint.MaxValue
            && Hex(fields[3]) is { } ticks and >= 0 && ticks <= DateTimeOffset.MaxValue.Ticks
                ? new FileEntry("", false, size, new DateTimeOffset(ticks, TimeSpan.Zero), (uint)crc, (int)area)
                : null;
    }

    private static long? Hex(string field) => long.TryParse(field, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static bool Matches(EntityTagHeaderValue known, EntityTagHeaderValue tag, bool strongly) =>
        known.Equals(EntityTagHeaderValue.Any) || known.Compare(tag, useStrongComparison: strongly);
}

/// <summary>Says of an address that changes there heed a condition.</summary>
/// <param name="Headers">The headers.</param>
internal sealed record Heeds(params string[] Headers);
