namespace Mooring.Storage;

/// <summary>An image in a list.</summary>
/// <param name="Name">Its name; bytes that are not UTF-8 stand there as <c>\xff</c>.</param>
/// <param name="Id">Its internal id; empty when it has none yet.</param>
/// <param name="Info">What is known of it; null when it is damaged.</param>
/// <param name="Damage">What is damaged, in one line; null when it is whole.</param>
public sealed record ListedImage(string Name, ImageId Id, ImageInfo? Info, string? Damage)
{
    /// <summary>Whether it can be asked for by its name.</summary>
    public bool CanBeNamed { get; init; } = true;
}
