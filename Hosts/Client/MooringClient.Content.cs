using System.Net;
using Mooring.Messages;
using Mooring.Messages.Http;

namespace Mooring.Client;

/// <content>The bytes of volumes.</content>
public sealed partial class MooringClient
{
    private const int PieceBytes = 1 << 20;

    /// <summary>Reads the bytes of a volume or of one of its snapshots from beginning to end.</summary>
    /// <param name="volume">The volume. One that is written meanwhile gives each byte as it was at some time since; a snapshot gives those of one moment.</param>
    /// <param name="snapshot">The snapshot's name; null for the volume itself.</param>
    /// <param name="take">Given the length in bytes, where it is known, and the bytes; called once.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Completes when all bytes were taken.</returns>
    /// <exception cref="MooringException">There is no such volume or snapshot, or the node was refused.</exception>
    /// <exception cref="MooringUnreachableException">The bytes broke off, or no answer within the time limit.</exception>
    public Task ReadContentAsync(VolumeId volume, string? snapshot, Func<long?, Stream, Task> take, CancellationToken cancellationToken = default) =>
        ReceiveAsync(Path(volume, "/content", ("snapshot", snapshot)), take, cancellationToken);

    /// <summary>Reads what has changed in a volume, or up to one of its snapshots, since an earlier snapshot, as <c>rbd export-diff</c> writes it.</summary>
    /// <param name="volume">The volume, as for <see cref="ReadContentAsync"/>.</param>
    /// <param name="snapshot">The snapshot's name; null for the volume itself.</param>
    /// <param name="since">The earlier snapshot's name; null for all that is not zeros.</param>
    /// <param name="take">Given the bytes; called once.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Completes when all bytes were taken.</returns>
    /// <exception cref="MooringException">There is no such volume or snapshot, or the node was refused.</exception>
    /// <exception cref="MooringUnreachableException">The bytes broke off, or no answer within the time limit.</exception>
    public Task ReadDiffAsync(VolumeId volume, string? snapshot, string? since, Func<Stream, Task> take, CancellationToken cancellationToken = default) =>
        ReceiveAsync(Path(volume, "/diff", ("snapshot", snapshot), ("since", since)), (_, content) => take(content), cancellationToken);

    private async Task ReceiveAsync(string path, Func<long?, Stream, Task> take, CancellationToken cancellationToken)
    {
        using var response = await BeginAsync(path, cancellationToken);
        await using var content = new BrokenOff(await response.Content.ReadAsStreamAsync(cancellationToken), _options.Endpoint);
        await take(response.Content.Headers.ContentLength, content);
    }

    private async Task<HttpResponseMessage> BeginAsync(string path, CancellationToken cancellationToken)
    {
        var deadline = Deadline.In(_options.Timeout);
        for (var attempt = 0; ; attempt++)
        {
            Exception last;
            try
            {
                var response = await _http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
                if (response.IsSuccessStatusCode)
                    return response;
                using (response)
                    last = new MooringException(await ProblemAsync(response, cancellationToken));
                if (!IsLater(response.StatusCode))
                    throw last;
            }
            catch (Exception e) when (Retryable(e) && !cancellationToken.IsCancellationRequested)
            {
                last = e;
            }
            if (deadline.IsOver)
                throw new MooringUnreachableException($"no answer within {_options.Timeout.TotalSeconds:0.#} s: {last.Message}", null, last);
            await Task.Delay(Pause(attempt), cancellationToken);
        }
    }

    // The content goes to the node of the attempt; when that has died, to the node of the next one, from its beginning. The time limit counts from the last of it.
    private async Task<OperationShape> SendAsync(OperationShape operation, Change change, CancellationToken cancellationToken)
    {
        var (deadline, sentIn, content) = (Deadline.In(_options.Timeout), -1, change.Content);
        for (var tries = 0; !operation.Ended; tries++)
        {
            if (operation.Attempts != sentIn && content is not null)
            {
                switch (await TrySendAsync(operation.Id, content, cancellationToken))
                {
                    case Sending.Taken:
                        (sentIn, deadline, tries) = (operation.Attempts, Deadline.In(_options.Timeout), 0);
                        break;
                    case Sending.Exhausted:
                        content = null;
                        break;
                }
            }
            var sending = sentIn < 0 && content is not null;
            operation = await WaitSliceAsync(operation.Id, deadline, sending ? TimeSpan.Zero : null, cancellationToken);
            change.Progress?.Report(operation);
            if (!operation.Ended && deadline.IsOver)
                throw new MooringUnreachableException($"operation {operation.Id} did not end within {_options.Timeout.TotalSeconds:0.#} s", operation.RequestId, null);
            if (sending && !operation.Ended)
                await Task.Delay(Pause(tries), cancellationToken);
        }
        return operation;
    }

    private async Task<Sending> TrySendAsync(string operation, Func<Stream?> open, CancellationToken cancellationToken)
    {
        using var stalled = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var content = new SentContent(open, () => stalled.CancelAfter(_options.Timeout));
        using var request = new HttpRequestMessage(HttpMethod.Put, $"v1/operations/{Uri.EscapeDataString(operation)}/content") { Content = content };
        // Nothing is sent before somebody takes it.
        request.Headers.ExpectContinue = true;
        stalled.CancelAfter(_options.Timeout);
        try
        {
            using var response = await _http.SendAsync(request, stalled.Token);
            return response.StatusCode == HttpStatusCode.NoContent ? Sending.Taken : Sending.Later;
        }
        catch (Exception e) when (Retryable(e) && !cancellationToken.IsCancellationRequested)
        {
            return content.IsExhausted ? Sending.Exhausted : Sending.Later;
        }
    }

    private static bool IsLater(HttpStatusCode status) => status is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway;

    private enum Sending
    {
        /// <summary>An attempt has taken it.</summary>
        Taken,

        /// <summary>Nobody has taken all of it: it may be sent again.</summary>
        Later,

        /// <summary>It cannot be sent again.</summary>
        Exhausted,
    }

    /// <summary>Content that is opened when it is needed, each time anew.</summary>
    private sealed class SentContent(Func<Stream?> open, Action moved) : HttpContent
    {
        /// <summary>Whether it was needed and could not be opened.</summary>
        public bool IsExhausted { get; private set; }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await using var content = open();
            if (content is null)
            {
                IsExhausted = true;
                throw new IOException("the content cannot be read a second time");
            }
            var buffer = new byte[PieceBytes];
            while (await content.ReadAsync(buffer, cancellationToken) is > 0 and var count)
            {
                await stream.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
                moved();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    /// <summary>What a node sends: when it ends too early, that is said so that it cannot be taken for a problem of the receiver's own files.</summary>
    private sealed class BrokenOff(Stream content, string endpoint) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                return await content.ReadAsync(buffer, cancellationToken);
            }
            catch (Exception e) when (e is IOException or HttpRequestException)
            {
                throw new MooringUnreachableException($"{endpoint}: the content broke off: {e.Message}", null, e);
            }
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override ValueTask DisposeAsync() => content.DisposeAsync();
    }
}
