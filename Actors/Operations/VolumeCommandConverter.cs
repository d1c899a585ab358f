using System.Text.Json;
using System.Text.Json.Serialization;
using Mooring.Messages;

namespace Mooring.Operations;

/// <summary>
/// Writes commands as <c>{"kind":"volume.resize","volume":"rbd/a","sizeBytes":1,…}</c>, from the descriptions. What a later version has added is
/// passed over.
/// </summary>
public sealed class VolumeCommandConverter : JsonConverter<VolumeCommand>
{
    private const string KindName = "kind";

    /// <inheritdoc/>
    public override VolumeCommand Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var json = document.RootElement;
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty(KindName, out var named) || named.ValueKind != JsonValueKind.String)
            throw new JsonException("a command has no kind");
        var kind = named.GetString();
        var operation = OperationCatalog.Find(kind) ?? throw new JsonException($"operation '{kind}' is not known to this version");
        var given = new Given();
        try
        {
            foreach (var parameter in operation.Parameters)
            {
                if (json.TryGetProperty(parameter.JsonName, out var value) && value.ValueKind != JsonValueKind.Null)
                    parameter.Give(value, given);
            }
            return operation.Make(given);
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException)
        {
            throw new JsonException($"'{kind}' is malformed: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, VolumeCommand value, JsonSerializerOptions options)
    {
        var operation = OperationCatalog.Of(value);
        writer.WriteStartObject();
        writer.WriteString(KindName, operation.Kind);
        foreach (var parameter in operation.Parameters.Where(p => !p.IsSilent(value)))
        {
            writer.WritePropertyName(parameter.JsonName);
            parameter.Write(writer, value);
        }
        writer.WriteEndObject();
    }
}
