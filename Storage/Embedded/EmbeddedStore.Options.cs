using System.Globalization;
using Mooring.Messages;

namespace Mooring.Storage.Embedded;

/// <content>Options of images. They are kept as librbd keeps them and mean nothing here.</content>
internal sealed partial class EmbeddedStore
{
    public Task<IReadOnlyList<ImageOption>> GetOptionsAsync(VolumeId volume, CancellationToken cancellationToken) =>
        OnSlotAsync<IReadOnlyList<ImageOption>>(database => database.Read(() =>
        {
            var set = database.Query(
                row => KeyValuePair.Create(row.Text(0), row.Text(1)), "SELECT key, value FROM metadata WHERE image = ?", Require(database, volume).Id).ToDictionary();
            return KnownOptions.Defaults.Select(known => set.TryGetValue(ImageOption.KeyPrefix + known.Key, out var value)
                ? new ImageOption(known.Key, value, ImageOption.OfImage)
                : new ImageOption(known.Key, known.Value, "config")).ToList();
        }), cancellationToken);

    private static void RequireGoodOption(string key, string value)
    {
        if (!key.StartsWith(ImageOption.KeyPrefix, StringComparison.Ordinal))
            return;
        var name = key[ImageOption.KeyPrefix.Length..];
        if (!KnownOptions.Defaults.TryGetValue(name, out var usual))
            throw Failures.Invalid($"there is no option '{name}' for images");
        // Of what sort it is, its default tells.
        var isGood = bool.TryParse(usual, out _) ? value is "true" or "false" or "1" or "0" or "yes" or "no"
            : double.TryParse(usual, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                ? double.TryParse(value.TrimEnd('K', 'M', 'G', 'T'), NumberStyles.Float, CultureInfo.InvariantCulture, out var given) && (given >= 0 || number < 0)
            : true;
        if (!isGood)
            throw Failures.Invalid($"option '{name}' cannot be '{value}'; its default is '{usual}'");
    }
}
