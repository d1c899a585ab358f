using Mooring.Harness;

namespace Mooring.Tests.Cluster;

/// <summary>
/// Sets the time of day of single nodes, while they run. A library that is loaded before all others adds to it what stands in a file. (Debian's
/// libfaketime does so too, but a .NET process then spins in its waits.)
/// </summary>
internal static class NodeClocks
{
    private const string Library = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <fcntl.h>
        #include <stdlib.h>
        #include <sys/mman.h>
        #include <sys/time.h>
        #include <time.h>
        #include <unistd.h>

        static const volatile long *ahead_s;
        static int (*real)(clockid_t, struct timespec *);

        __attribute__((constructor)) static void begin(void)
        {
            int file = open(getenv("MOORING_TEST_CLOCK"), O_RDWR | O_CREAT, 0600);
            real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
            if (ftruncate(file, sizeof *ahead_s) != 0)
                abort();
            ahead_s = mmap(0, sizeof *ahead_s, PROT_READ, MAP_SHARED, file, 0);
            if (ahead_s == MAP_FAILED)
                abort();
        }

        int clock_gettime(clockid_t id, struct timespec *at)
        {
            if (!real)
                begin();
            int result = real(id, at);
            if (result == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
                at->tv_sec += *ahead_s;
            return result;
        }

        int gettimeofday(struct timeval *restrict at, void *restrict zone)
        {
            struct timespec now;
            int result = clock_gettime(CLOCK_REALTIME, &now);
            at->tv_sec = now.tv_sec;
            at->tv_usec = now.tv_nsec / 1000;
            return result;
        }

        time_t time(time_t *at)
        {
            struct timespec now;
            clock_gettime(CLOCK_REALTIME, &now);
            if (at)
                *at = now.tv_sec;
            return now.tv_sec;
        }
        """;

    /// <summary>Why it cannot be done here; null when it can.</summary>
    public static string? WhyNot => HostNetwork.WhyNoCuts ?? (Tool.IsThere("cc") ? null : "setting the time of day of one process needs a C compiler (cc)");

    /// <summary>Makes the program that starts a node so.</summary>
    /// <param name="directory">The cluster's directory.</param>
    /// <returns>The program.</returns>
    public static async Task<string> MakeAsync(string directory)
    {
        var (library, source, program) = (Path.Combine(directory, "clock.so"), Path.Combine(directory, "clock.c"), Path.Combine(directory, "mooringd"));
        await File.WriteAllTextAsync(source, Library);
        await Tool.RunAsync("cc", ["-O2", "-shared", "-fPIC", "-o", library, source, "-ldl"], TestCluster.Limit);
        // Its first arguments are --name NAME.
        await File.WriteAllTextAsync(program, $"#!/bin/sh\nexport LD_PRELOAD='{library}' MOORING_TEST_CLOCK='{FileOf(directory, "'\"$2\"'")}'\nexec '{Programs.Mooringd}' \"$@\"\n");
        await Tool.RunAsync("chmod", ["+x", program], TestCluster.Limit);
        return program;
    }

    /// <summary>Sets a node's time of day.</summary>
    /// <param name="cluster">Its cluster.</param>
    /// <param name="node">The node.</param>
    /// <param name="ahead">How far before the real time.</param>
    public static void Set(TestCluster cluster, string node, TimeSpan ahead)
    {
        using var file = File.OpenHandle(FileOf(cluster.Nodes.Directory, node), FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
        RandomAccess.Write(file, BitConverter.GetBytes((long)ahead.TotalSeconds), 0);
    }

    private static string FileOf(string directory, string node) => Path.Combine(directory, $"clock.{node}");
}
