using Mooring.Cli;
using Mooring.Messages;
using Mooring.Storage;
using Mooring.Storage.Embedded;
using Mooring.Storage.Files;

namespace Mooring.Tests.Pure;

/// <summary>A file system is checked on its images alone.</summary>
public sealed class FileSystemCheckTests : IAsyncLifetime, IAsyncDisposable
{
    private static readonly FileSystemName Name = new("fs");

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mooring-check-");
    private IBlockStoreProvider _provider = null!;
    private IBlockStore _store = null!;

    public async Task InitializeAsync()
    {
        _provider = new EmbeddedStoreProvider(new EmbeddedStoreOptions { Directory = _directory.FullName });
        _store = await _provider.ConnectAsync("test", 2, default);
    }

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _provider.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task Every_area_is_looked_at()
    {
        await AreaAsync(0, "/a", 100);
        await AreaAsync(1, "/b", 300 << 10);

        var seen = await CheckAsync();

        Assert.True(seen.Clean);
        Assert.Equal([(0, 1L, 100L), (1, 1L, 300L << 10)], seen.Areas.Select(a => (a.Number, a.Files, a.ContentBytes)));
        Assert.All(seen.Areas, a => Assert.Equal((1, false, 0), (a.Epoch, a.BeingWritten, a.Findings.Count)));
    }

    [Fact]
    public async Task A_byte_that_is_wrong_in_a_file_is_found_unless_only_metadata_are_looked_at()
    {
        var content = await AreaAsync(0, "/damaged", 300 << 10);
        await using (var image = await _store.OpenAsync(new AreaId(Name, 0).Image("rbd"), readOnly: false, default))
        {
            var all = new byte[image.SizeBytes];
            await image.ReadAsync(0, all, default);
            var at = all.AsSpan().IndexOf(content.AsSpan(0, 64 << 10));
            Assert.True(at > 0, "the file's bytes are not on the image");
            await image.WriteAsync(at + 1000, new byte[] { (byte)(all[at + 1000] ^ 1) }, default);
        }

        var seen = await CheckAsync();
        Assert.False(seen.Clean);
        Assert.Contains("/damaged", Assert.Single(seen.Areas[0].Findings, f => f.Damage).Where, StringComparison.Ordinal);
        Assert.False(seen.Areas[0].BeingWritten);
        Assert.True((await CheckAsync(content: false)).Clean);
    }

    [Fact]
    public async Task An_area_whose_image_is_missing_is_damage()
    {
        await AreaAsync(0, "/a", 100);
        await AreaAsync(2, "/c", 100);

        var seen = await CheckAsync();

        Assert.False(seen.Clean);
        Assert.Equal([true, false, true], seen.Areas.Select(a => a.Findings.Count == 0));
    }

    [Fact]
    public async Task A_file_system_that_is_not_there_is_an_error() =>
        Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<BlockStoreException>(() => CheckAsync())).Kind);

    private Task<CheckShape> CheckAsync(bool content = true) => FileSystemCheck.CheckAsync(_store, Name, "rbd", new AreaCheckOptions { VerifyContent = content });

    private async Task<byte[]> AreaAsync(int number, string path, int bytes)
    {
        var volume = new AreaId(Name, number).Image("rbd");
        await _store.CreateAsync(volume, 16 << 20, default);
        await using var image = await _store.OpenAsync(volume, readOnly: false, default);
        await Area.FormatAsync(image, null, default);
        await using var writer = await AreaWriter.OpenAsync(image, new Epoch(1), Guid.NewGuid(), null, _ => Task.CompletedTask, default);
        var content = new byte[bytes];
        new Random(number).NextBytes(content);
        await writer.WriteFileAsync(path, content, DateTimeOffset.UnixEpoch, createNew: true, default);
        return content;
    }
}
