using Mooring.Storage;

namespace Mooring.Tests.Storage.Contract;

/// <summary>
/// One running block store that the contract tests are run on. An adapter plugs in with a fixture and one small class for each
/// contract, for example <c>public sealed class EmbeddedLeases(EmbeddedFixture f) : LeaseContract(f), IClassFixture&lt;EmbeddedFixture&gt;;</c>.
/// Tests run beside each other on one fixture: each uses names of its own.
/// </summary>
public interface IStoreFixture
{
    /// <summary>The pool that tests make images in; its default namespace is used.</summary>
    string Pool { get; }

    /// <summary>A second pool, for copies from one pool to another.</summary>
    string OtherPool { get; }

    /// <summary>So many bytes of real data take about a second to copy, for tests that wait for its end.</summary>
    long LongCopyBytes { get; }

    /// <summary>The most that fencing or a probe may take.</summary>
    TimeSpan Limit { get; }

    /// <summary>Opens a connection; the caller disposes it.</summary>
    /// <param name="purpose">What it is for.</param>
    /// <param name="slots">How many calls may run at once.</param>
    /// <param name="longCopies">Whether its copies of <see cref="LongCopyBytes"/> last until they are ended, on a busy machine as well.</param>
    /// <returns>The connection.</returns>
    Task<IBlockStore> ConnectAsync(string purpose = "test", int slots = 4, bool longCopies = false);

    /// <summary>Opens an event log; the caller disposes it.</summary>
    /// <returns>The event log.</returns>
    Task<IEventLogConnection> OpenEventLogAsync();
}
