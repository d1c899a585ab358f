using Akka.Streams;
using Akka.Streams.Dsl;

namespace Mooring.Tests.Engine.Streams;

/// <summary>A test kit with a materializer.</summary>
public abstract class StreamsTestKit : Akka.TestKit.Xunit2.TestKit
{
    protected StreamsTestKit(string hocon = "")
        : base(Generous.Hocon + "\n" + hocon) => Materializer = Sys.Materializer();

    protected ActorMaterializer Materializer { get; }

    /// <summary>All natural numbers, and how many of them have been read.</summary>
    protected sealed class Numbers
    {
        private int _read;
        private int _left;

        /// <summary>How many were read.</summary>
        public int Read => Volatile.Read(ref _read);

        /// <summary>How many enumerations have been left.</summary>
        public int Left => Volatile.Read(ref _left);

        public Source<int, Akka.NotUsed> Source => Akka.Streams.Dsl.Source.From(Enumerate());

        private IEnumerable<int> Enumerate()
        {
            try
            {
                while (true)
                    yield return Interlocked.Increment(ref _read);
            }
            finally
            {
                Interlocked.Increment(ref _left);
            }
        }
    }

    protected async Task<List<T>> All<T, TMat>(Source<T, TMat> source) => [.. await Soon(source.RunWith(Sink.Seq<T>(), Materializer))];

    /// <summary>A task that ends soon.</summary>
    protected static Task<T> Soon<T>(Task<T> task, [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(task))] string what = "") =>
        task.WaitAsync(TimeSpan.FromSeconds(30)).ContinueWith(
            t => t.Exception?.InnerException is TimeoutException ? throw new TimeoutException($"this did not end within 30 s: {what}") : t,
            TaskScheduler.Default).Unwrap();
}
