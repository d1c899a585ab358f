using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Mooring.Messages;

namespace Mooring.Operations;

/// <summary>
/// A command as an HTTP request, both ways. What does not stand in the path is a member of the JSON body, or of the query where there is no body. A
/// volume in a body is an object of <c>pool</c>, <c>namespace</c> and <c>name</c>, or the body itself has these members; pool and namespace are by default those
/// of the volume in the path.
/// </summary>
public static class HttpForm
{
    private const string PoolName = "pool", NamespaceName = "namespace", ImageName = "name";

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>The parameters that do not stand in the path.</summary>
    /// <param name="operation">The operation.</param>
    /// <returns>Them, in their order.</returns>
    public static IEnumerable<Parameter> BesidePath(Operation operation) => operation.Parameters.Where(p => !operation.Route.Names.Contains(p.Name));

    /// <summary>The path and query of a request, without a leading slash.</summary>
    /// <param name="command">The command.</param>
    /// <returns>The path, escaped.</returns>
    public static string PathOf(VolumeCommand command)
    {
        var operation = OperationCatalog.Of(command);
        var (path, query) = (new StringBuilder(operation.Route.Path[1..]), new List<string>());
        foreach (var parameter in operation.Parameters.Where(p => operation.Route.Names.Contains(p.Name)))
        {
            if (parameter is Parameter<VolumeId> named)
            {
                var volume = named.Of(command);
                path.Replace($"{{{parameter.Name}}}", $"{Escape(volume.Pool)}/{Escape(volume.Image)}");
                if (volume.Namespace.Length > 0)
                    query.Add($"{NamespaceName}={Uri.EscapeDataString(volume.Namespace)}");
                continue;
            }
            path.Replace($"{{{parameter.Name}}}", Uri.EscapeDataString(parameter.Format(command)));
        }
        if (operation.Route.HasNoBody)
            query.AddRange(BesidePath(operation).Where(p => !p.IsSilent(command)).Select(p => $"{p.HttpName}={Uri.EscapeDataString(p.Format(command))}"));
        return query.Count == 0 ? path.ToString() : path.Append('?').AppendJoin('&', query).ToString();
    }

    /// <summary>
    /// A name as one part of a path. An address folds <c>.</c> and <c>..</c> away, escaped or not: these travel behind an escaped slash, which no name can
    /// have (<see cref="Unescape"/>).
    /// </summary>
    /// <param name="name">The name.</param>
    /// <returns>The part.</returns>
    public static string Escape(string name) => name is "." or ".." ? "%2F" + name : Uri.EscapeDataString(name);

    /// <summary>The name that one part of a path stands for: unescaped once, strictly as UTF-8.</summary>
    /// <param name="part">The part, as it came.</param>
    /// <returns>The name.</returns>
    /// <exception cref="FormatException">It stands for none.</exception>
    public static string Unescape(string part)
    {
        var name = Decode(part);
        // A client that folds has sent something else; one that does not must be told.
        if (name is "." or "..")
            throw new FormatException($"'{name}' in an address is folded away; write '%2F{name}'");
        return name.StartsWith('/') ? name[1..] : name;
    }

    /// <summary>A text in an address, unescaped once, strictly as UTF-8: different ones never become the same.</summary>
    /// <param name="part">The text, as it came.</param>
    /// <returns>What it stands for.</returns>
    /// <exception cref="FormatException">It stands for nothing.</exception>
    public static string Decode(string part)
    {
        var bytes = new List<byte>(part.Length);
        for (var i = 0; i < part.Length; i++)
        {
            if (part[i] == '%' && part.Length > i + 2 && byte.TryParse(part.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var escaped))
                {
                bytes.Add(escaped);
                i += 2;
            }
            else if (part[i] is '%' or > '\x7f')
                throw new FormatException($"'{PlainText.Line(part)}' in the address is not escaped as it must be");
            else
                bytes.Add((byte)part[i]);
        }
        try
        {
            return Strict.GetString([.. bytes]);
        }
        catch (DecoderFallbackException)
        {
            throw new FormatException($"'{part}' in the address contains bytes that are not UTF-8");
        }
    }

    /// <summary>The JSON body of a request.</summary>
    /// <param name="command">The command.</param>
    /// <returns>The body, or null when there is none.</returns>
    public static byte[]? BodyOf(VolumeCommand command)
    {
        var operation = OperationCatalog.Of(command);
        if (operation.Route.HasNoBody)
            return null;
        var body = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(body))
        {
            writer.WriteStartObject();
            foreach (var parameter in BesidePath(operation).Where(p => !p.IsSilent(command)))
            {
                if (parameter is Parameter<VolumeId> volume)
                {
                    Write(writer, parameter.HttpName, volume.Of(command));
                    continue;
                }
                writer.WritePropertyName(parameter.HttpName);
                parameter.Write(writer, command);
            }
            writer.WriteEndObject();
        }
        return body.WrittenSpan.ToArray();
    }

    /// <summary>Reads a JSON body, in which no member stands twice.</summary>
    /// <param name="body">The body.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The body.</returns>
    /// <exception cref="FormatException">It is not valid JSON.</exception>
    public static async Task<JsonElement> ReadBodyAsync(Stream body, CancellationToken cancellationToken)
    {
        try
        {
            using var document = await JsonDocument.ParseAsync(body, new JsonDocumentOptions { AllowDuplicateProperties = false }, cancellationToken);
            return document.RootElement.Clone();
        }
        // The latter for half a character in a member's name.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new FormatException("the body is not valid JSON", e);
        }
    }

    /// <summary>The operation that a body is for, of those that share a method and path: the one that knows all of its members.</summary>
    /// <param name="operations">The operations, at least one.</param>
    /// <param name="body">The body; null when there is none.</param>
    /// <returns>That operation; the last one when none knows all members.</returns>
    /// <exception cref="FormatException">A member's name is no text.</exception>
    public static Operation Choose(IReadOnlyList<Operation> operations, JsonElement? body) => body is { ValueKind: JsonValueKind.Object } json
        ? operations.FirstOrDefault(o => !NamesIn(json).Except(BesidePath(o).SelectMany(Members)).Any()) ?? operations[^1]
        : operations[^1];

    /// <summary>Reads a request.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="path">What its path says: <c>pool</c>, <c>image</c> and the names of parameters.</param>
    /// <param name="query">What its query says: <c>namespace</c>, and the names of parameters where there is no body.</param>
    /// <param name="body">Its body; null when there is none.</param>
    /// <returns>The command, which may still be invalid.</returns>
    /// <exception cref="FormatException">Something is missing, is not what is expected, or is not known.</exception>
    public static VolumeCommand Read(Operation operation, IReadOnlyDictionary<string, string> path, IReadOnlyDictionary<string, string> query, JsonElement? body)
    {
        IEnumerable<string> known = operation.Route.HasNoBody ? BesidePath(operation).SelectMany(Members) : [];
        if (query.Keys.FirstOrDefault(name => !known.Contains(name) && !(name == NamespaceName && operation.Route.VolumeName is not null)) is { } odd)
            throw new FormatException($"'{odd}' is not known in the query");
        if (body is { ValueKind: not JsonValueKind.Object })
            throw new FormatException("the body is not a JSON object");
        var given = new Given();
        VolumeId? inPath = operation.Route.VolumeName is null
            ? null
            : new VolumeId(path[PoolName], query.GetValueOrDefault(NamespaceName, ""), path["image"]);
        var unknown = body is { } json ? NamesIn(json) : [];
        foreach (var parameter in operation.Parameters)
        {
            if (parameter.Name == operation.Route.VolumeName)
                given.Set((Parameter<VolumeId>)parameter, inPath!.Value);
            else if (operation.Route.Names.Contains(parameter.Name))
                Give(parameter, path.GetValueOrDefault(parameter.Name), given);
            else if (operation.Route.HasNoBody)
                Give(parameter, query.GetValueOrDefault(parameter.HttpName), given);
            else if (parameter is Parameter<VolumeId> { HttpName: "" } flat)
                given.Set(flat, ReadVolume(body, "$", inPath, unknown));
            else if (unknown.Remove(parameter.HttpName) && body!.Value.GetProperty(parameter.HttpName) is { ValueKind: not JsonValueKind.Null } value)
                Give(parameter, value, given, inPath);
        }
        return unknown.Count == 0 ? operation.Make(given) : throw Unexpected($"$.{unknown.Order(StringComparer.Ordinal).First()}");
    }

    private static HashSet<string> NamesIn(JsonElement json) => Whole(() => json.EnumerateObject().Select(member => member.Name).ToHashSet(StringComparer.Ordinal));

    // JSON may escape half a character; that is found only when it is read as text.
    private static T Whole<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException e)
        {
            throw new FormatException("the body contains half a character", e);
        }
    }

    private static IEnumerable<string> Members(Parameter parameter) =>
        parameter is PlaceParameter ? [PoolName, NamespaceName]
        : parameter is Parameter<VolumeId> { HttpName: "" } ? [PoolName, NamespaceName, ImageName] : [parameter.HttpName];

    private static void Give(Parameter parameter, string? text, Given given)
    {
        if (text is not null && !parameter.TryGive(text, given, out var problem))
            throw new FormatException(problem);
    }

    private static void Give(Parameter parameter, JsonElement value, Given given, VolumeId? inPath)
    {
        var path = $"$.{parameter.HttpName}";
        if (parameter is Parameter<VolumeId> named)
        {
            if (value.ValueKind != JsonValueKind.Object)
                throw Unexpected(path);
            var unknown = NamesIn(value);
            given.Set(named, ReadVolume(value, path, inPath, unknown));
            if (unknown.Count > 0)
                throw Unexpected($"{path}.{unknown.Order(StringComparer.Ordinal).First()}");
            return;
        }
        try
        {
            parameter.Give(value, given);
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException)
        {
            throw Unexpected(path, e);
        }
    }

    private static VolumeId ReadVolume(JsonElement? json, string path, VolumeId? beside, HashSet<string> unknown)
    {
        return new VolumeId(
            Text(PoolName) ?? beside?.Pool ?? VolumeId.DefaultPool, Text(NamespaceName) ?? beside?.Namespace ?? "", Text(ImageName) ?? "");

        string? Text(string name)
        {
            unknown.Remove(name);
            if (json is not { } members || !members.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
                return null;
            return value.ValueKind == JsonValueKind.String ? Whole(value.GetString) : throw Unexpected($"{path}.{name}");
        }
    }

    private static void Write(Utf8JsonWriter writer, string name, VolumeId volume)
    {
        if (name.Length > 0)
            writer.WriteStartObject(name);
        writer.WriteString(PoolName, volume.Pool);
        writer.WriteString(NamespaceName, volume.Namespace);
        if (volume.Image.Length > 0)
            writer.WriteString(ImageName, volume.Image);
        if (name.Length > 0)
            writer.WriteEndObject();
    }

    private static FormatException Unexpected(string path, Exception? cause = null) => new($"the body is not what is expected at {path}", cause);
}
