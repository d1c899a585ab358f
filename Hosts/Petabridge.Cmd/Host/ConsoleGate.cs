using System.Net;

namespace Petabridge.Cmd.Host;

/// <summary>Who is let in as a console, and over what.</summary>
public interface IConsoleGate
{
    /// <summary>Makes a connection one that nobody else reads.</summary>
    /// <param name="stream">The connection; disposed when it comes to nothing.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What is said over it.</returns>
    /// <exception cref="IOException">The other side does not do its part.</exception>
    Task<Stream> SecureAsync(Stream stream, CancellationToken cancellationToken);

    /// <summary>Lets a console in.</summary>
    /// <param name="token">What it shows; null when nothing.</param>
    /// <param name="from">Where it is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Who it is.</returns>
    /// <exception cref="UnauthorizedAccessException">It is not let in; why, in one line.</exception>
    Task<IConsoleGuest> AdmitAsync(string? token, IPAddress from, CancellationToken cancellationToken);
}

/// <summary>A console that was let in.</summary>
public interface IConsoleGuest
{
    /// <summary>A command that is about to be carried out.</summary>
    /// <param name="command">Its line.</param>
    /// <returns>Told how it ended: null, or why not as wished.</returns>
    /// <exception cref="UnauthorizedAccessException">It is not carried out; why, in one line.</exception>
    Task<Action<string?>> BeginAsync(string command);
}

/// <summary>Everybody is let in, nothing is hidden and nothing kept.</summary>
internal sealed class OpenGate : IConsoleGate, IConsoleGuest
{
    private static readonly Task<Action<string?>> Begun = Task.FromResult<Action<string?>>(_ => { });

    /// <inheritdoc/>
    public Task<Stream> SecureAsync(Stream stream, CancellationToken cancellationToken) => Task.FromResult(stream);

    /// <inheritdoc/>
    public Task<IConsoleGuest> AdmitAsync(string? token, IPAddress from, CancellationToken cancellationToken) => Task.FromResult<IConsoleGuest>(this);

    /// <inheritdoc/>
    public Task<Action<string?>> BeginAsync(string command) => Begun;
}
