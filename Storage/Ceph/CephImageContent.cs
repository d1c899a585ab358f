using System.Buffers;
using System.Text;
using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>The bytes and the metadata of images. Every call opens the image; reads open it read-only, which registers no watch.</summary>
internal sealed class CephImageContent(CephImages images)
{
    private const int MetadataPage = 256;
    private const int MetadataBufferBytes = 64 << 10;
    private const int OptionsAtFirst = 128;

    // rbd_config_source_t.
    private static readonly string[] OptionSources = ["config", "pool", ImageOption.OfImage];

    public Task ReadAsync(VolumeId volume, long offset, Memory<byte> buffer, CancellationToken cancellationToken) => images.RunAsync(
        () => images.Use(volume, readOnly: true, $"read {volume}", image => Read(image, volume, offset, buffer)), cancellationToken);

    public Task WriteAsync(VolumeId volume, long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken) => images.RunAsync(
        () => images.Use(volume, readOnly: false, $"write {volume}", image => Write(image, volume, offset, data)), cancellationToken);

    public Task SetMetadataAsync(VolumeId volume, string key, string value, CancellationToken cancellationToken)
    {
        var what = $"set metadata of {volume}";
        return images.RunAsync(
            () => images.Change(volume, what, image =>
            {
                var result = Rbd.SetMetadata(image, key, value);
                images.Check(
                    result, what,
                    result == CephErrors.Invalid && key.StartsWith(ImageOption.KeyPrefix, StringComparison.Ordinal)
                        ? $"there is no option '{key[ImageOption.KeyPrefix.Length..]}' for images, or it cannot be '{value}'" : null);
                return true;
            }),
            cancellationToken);
    }

    public Task RemoveMetadataAsync(VolumeId volume, string key, CancellationToken cancellationToken)
    {
        var what = $"remove metadata '{key}' of {volume}";
        return images.RunAsync(
            () => images.Change(volume, what, image =>
            {
                images.Check(Rbd.RemoveMetadata(image, key), what);
                return true;
            }),
            cancellationToken);
    }

    public Task<IReadOnlyDictionary<string, string>> GetMetadataAsync(VolumeId volume, CancellationToken cancellationToken)
    {
        var what = $"read metadata of {volume}";
        return images.RunAsync(() => images.Use(volume, readOnly: true, what, image => GetMetadata(image, what)), cancellationToken);
    }

    public Task<IReadOnlyList<ImageOption>> GetOptionsAsync(VolumeId volume, CancellationToken cancellationToken)
    {
        var what = $"read the configuration of {volume}";
        return images.RunAsync(() => images.Use(volume, readOnly: true, what, image => GetOptions(images, image, what)), cancellationToken);
    }

    /// <summary>The options of an open image; blocks.</summary>
    public static unsafe IReadOnlyList<ImageOption> GetOptions(CephImages images, ImageHandle image, string what)
    {
        for (var count = OptionsAtFirst; ;)
        {
            var options = new Rbd.ConfigurationOption[count];
            fixed (Rbd.ConfigurationOption* first = options)
            {
                // When they do not fit, their number comes back.
                var listed = Rbd.ListConfiguration(image, first, &count);
                if (listed == CephErrors.Range)
                    continue;
                images.Check(listed, what);
                var found = options[..count].Select(option => new ImageOption(
                    NativeText.Read(option.Name), NativeText.Read(option.Value), OptionSources.ElementAtOrDefault(option.Source) ?? $"{option.Source}"));
                List<ImageOption> all = [.. found.OrderBy(option => option.Name, StringComparer.Ordinal)];
                Rbd.FreeConfiguration(first, count);
                return all;
            }
        }
    }

    private unsafe bool Read(ImageHandle image, VolumeId volume, long offset, Memory<byte> buffer)
    {
        var what = $"read {volume}";
        RequireInside(image, offset, buffer.Length, what);
        using var pin = buffer.Pin();
        for (var done = 0; done < buffer.Length;)
        {
            var read = Rbd.Read(image, (ulong)(offset + done), (nuint)(buffer.Length - done), (byte*)pin.Pointer + done);
            images.Check((int)read, what);
            if (read == 0)
                throw images.Failure(CephErrors.Invalid, what, "it has become shorter meanwhile");
            done += (int)read;
        }
        return true;
    }

    private unsafe bool Write(ImageHandle image, VolumeId volume, long offset, ReadOnlyMemory<byte> data)
    {
        var what = $"write {volume}";
        RequireInside(image, offset, data.Length, what);
        using var pin = data.Pin();
        for (var done = 0; done < data.Length;)
        {
            var written = Rbd.Write(image, (ulong)(offset + done), (nuint)(data.Length - done), (byte*)pin.Pointer + done);
            images.Check((int)written, what);
            done += (int)written;
        }
        images.Check(Rbd.Flush(image), what);
        return true;
    }

    private void RequireInside(ImageHandle image, long offset, int length, string what)
    {
        images.Check(Rbd.GetSize(image, out var size), what);
        if (offset < 0 || (ulong)offset > size || (ulong)length > size - (ulong)offset)
            throw images.Failure(CephErrors.Invalid, what, $"{length} bytes at {offset} reach beyond its end at {size}");
    }

    /// <summary>All metadata of an open image; blocks.</summary>
    public unsafe IReadOnlyDictionary<string, string> GetMetadata(ImageHandle image, string what)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        var after = "";
        var size = MetadataBufferBytes;
        while (true)
        {
            var keys = ArrayPool<byte>.Shared.Rent(size);
            var values = ArrayPool<byte>.Shared.Rent(size);
            try
            {
                nuint keysLength = (nuint)size, valuesLength = (nuint)size;
                int result;
                fixed (byte* k = keys, v = values)
                    result = Rbd.ListMetadata(image, after, MetadataPage, k, &keysLength, v, &valuesLength);
                if (result == CephErrors.Range)
                {
                    size = (int)Math.Max(size * 2L, (long)Math.Max(keysLength, valuesLength));
                    continue;
                }
                images.Check(result, what);
                var names = Split(keys.AsSpan(0, (int)keysLength));
                var texts = Split(values.AsSpan(0, (int)valuesLength));
                for (var i = 0; i < names.Count; i++)
                    metadata[names[i]] = texts[i];
                if (names.Count < MetadataPage)
                    return metadata;
                after = names[^1];
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(keys);
                ArrayPool<byte>.Shared.Return(values);
            }
        }
    }

    // NUL-terminated strings; values may be empty.
    private static List<string> Split(ReadOnlySpan<byte> bytes)
    {
        var items = new List<string>();
        while (bytes.IndexOf((byte)0) is var end && end >= 0)
        {
            items.Add(Encoding.UTF8.GetString(bytes[..end]));
            bytes = bytes[(end + 1)..];
        }
        return items;
    }
}
