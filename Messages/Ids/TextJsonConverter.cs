using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mooring.Messages;

/// <summary>An id that is one text: it travels and is journalled as a plain JSON string.</summary>
/// <typeparam name="TSelf">The id's type.</typeparam>
public interface ITextId<TSelf>
    where TSelf : struct, ITextId<TSelf>
{
    /// <summary>The id of a text that was written by <see cref="object.ToString"/>; not for what people type.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The id.</returns>
    static abstract TSelf FromText(string text);
}

/// <summary>Writes an <see cref="ITextId{TSelf}"/> as a JSON string.</summary>
/// <typeparam name="T">The id's type.</typeparam>
public sealed class TextJsonConverter<T> : JsonConverter<T>
    where T : struct, ITextId<T>
{
    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Parse(reader.GetString() ?? throw new JsonException($"{typeof(T).Name} is null"));

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());

    /// <inheritdoc/>
    public override T ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Parse(reader.GetString()!);

    /// <inheritdoc/>
    public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WritePropertyName(value.ToString()!);

    private static T Parse(string text)
    {
        try
        {
            return T.FromText(text);
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw new JsonException(e.Message, e);
        }
    }
}
