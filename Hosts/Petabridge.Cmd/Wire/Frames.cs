using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Petabridge.Cmd.Wire;

/// <summary>What a console sends: <c>hello</c> first, then <c>run</c> and <c>cancel</c>.</summary>
internal sealed record ClientFrame(
    string? Type, int Version = 0, long Id = 0, string? Palette = null, string? Command = null, IReadOnlyList<string>? Arguments = null,
    string? Token = null);

/// <summary>
/// What a node sends: <c>palettes</c> in answer to hello, <c>output</c> of a command (<see cref="Status"/> is set in the last one), and
/// <c>error</c> before it closes the connection.
/// </summary>
internal sealed record ServerFrame(
    string? Type, int Version = 0, long Id = 0, string? Text = null, bool More = false, string? Status = null, IReadOnlyList<PaletteShape>? Palettes = null);

/// <summary>A palette as the console knows it.</summary>
internal sealed record PaletteShape(string Name, IReadOnlyList<CommandShape> Commands);

/// <summary>A command as the console knows it.</summary>
internal sealed record CommandShape(string Name, string Description, IReadOnlyList<ArgumentShape> Arguments);

/// <summary>An argument as the console knows it.</summary>
internal sealed record ArgumentShape(
    string Name, string Description, bool Mandatory, bool Multiple, IReadOnlyList<string> Switches, IReadOnlyList<string> Values);

/// <summary>Names that both sides know.</summary>
internal static class WireNames
{
    public const int Version = 1;

    public const string Hello = "hello";
    public const string Run = "run";
    public const string Cancel = "cancel";
    public const string Palettes = "palettes";
    public const string Output = "output";
    public const string Error = "error";

    public const string Ok = "ok";
    public const string Failed = "failed";
    public const string Usage = "usage";
    public const string Cancelled = "cancelled";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, MaxDepth = 16)]
[JsonSerializable(typeof(ClientFrame))]
[JsonSerializable(typeof(ServerFrame))]
internal sealed partial class WireJson : JsonSerializerContext
{
    /// <summary>As generated, but text is not escaped more than JSON needs.</summary>
    public static WireJson Relaxed { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        MaxDepth = 16,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
